import { isIP } from 'node:net'
import { DriverError } from './driver-error.ts'

/** Where a line is and how it frames its messages. */
export type LineAddress = AskedAddress | ListenAddress

/** One whose devices are asked. */
export type AskedAddress = TcpAddress | SerialAddress

export interface TcpAddress {
  /** `tcp`: Modbus TCP. `rtu+tcp`: RTU frames through a serial server. */
  readonly kind: 'tcp' | 'rtu+tcp'
  readonly host: string
  readonly port: number
}

/** A serial port of this machine that carries RTU frames; eight data bits. */
export interface SerialAddress {
  readonly kind: 'serial'
  /** `/dev/ttyUSB0`, or better a name that stays: `/dev/serial/by-id/…`. */
  readonly path: string
  readonly baud: number
  readonly parity: 'none' | 'even' | 'odd'
  readonly stopBits: 1 | 2
}

/** A port of this machine at which stations call by themselves, on TCP and UDP at once. */
export interface ListenAddress {
  /** What is spoken there. */
  readonly kind: ListenKind
  /** An address of this machine; 0.0.0.0 or :: for all of them. */
  readonly host: string
  readonly port: number
}

export const LISTEN_KINDS = ['sl651'] as const
export type ListenKind = (typeof LISTEN_KINDS)[number]

/** The port that the specification gives to Modbus TCP. */
export const MODBUS_PORT = 502
export const BAUD_MIN = 300
export const BAUD_MAX = 921_600
const BAUD_DEFAULT = 9600
const LOOPBACK = '127.0.0.1'

/**
 * Reads `tcp://host[:port]`, `rtu+tcp://host:port` or `serial:///dev/ttyUSB0?baud=9600&parity=none&stopBits=1`, in which each parameter may
 * be left out: these are their defaults. A line at which stations call is `sl651://0.0.0.0:port`, and `sl651:port` where they call from this
 * machine alone.
 * @throws DriverError `configuration` for another form.
 */
export function parseLine(url: string): LineAddress {
  const parsed = URL.parse(url)
  const kind = parsed?.protocol.slice(0, -1)
  if (parsed && kind === 'serial') return serialOf(url, parsed)
  if (parsed && (kind === 'tcp' || kind === 'rtu+tcp')) return tcpOf(url, kind, parsed)
  const listening = LISTEN_KINDS.find((each) => each === kind)
  if (parsed && listening) return listenOf(url, listening, parsed)
  return refuse(
    'a line such as tcp://10.0.0.7:502, rtu+tcp://10.0.0.7:4001, serial:///dev/ttyUSB0?baud=9600 or sl651://0.0.0.0:5100',
    url,
  )
}

/** One spelling for each line, so that two devices that mean one line share it. */
export function lineKey(address: LineAddress): string {
  if (address.kind !== 'serial') return `${address.kind}://${hostPort(address)}`
  const { path, baud, parity, stopBits } = address
  return `serial://${encodeURI(path).replace(/[?#]/g, encodeURIComponent)}?baud=${baud}&parity=${parity}&stopBits=${stopBits}`
}

/** Whether devices call there, instead of being called. */
export function isListening(address: LineAddress): address is ListenAddress {
  return LISTEN_KINDS.some((kind) => kind === address.kind)
}

/** As `parseLine`, of a line whose devices are asked. @throws DriverError `configuration` also for one on which they call. */
export function parseAskedLine(url: string): AskedAddress {
  const address = parseLine(url)
  return isListening(address) ? refuse('a line whose devices are asked', url) : address
}

/** What can be opened only once: two lines of one port contradict each other. */
export function linePort(address: LineAddress): string {
  if (isListening(address)) return `the port ${address.port} of this machine`
  return address.kind === 'serial' ? address.path : hostPort(address)
}

/** The line in words, with the settings that must be those of its devices: `serial port /dev/ttyUSB0 at 9600 baud, 8N1`. */
export function describeLine(address: LineAddress): string {
  if (address.kind === 'serial') return `serial port ${address.path} at ${describeSettings(address)}`
  if (isListening(address)) return `SL 651 stations that call ${hostPort(address)}, TCP and UDP`
  return `${address.kind === 'tcp' ? 'Modbus TCP' : 'RTU over TCP'} at ${hostPort(address)}`
}

/** `19200 baud, 8E1` */
export function describeSettings({ baud, parity, stopBits }: Pick<SerialAddress, 'baud' | 'parity' | 'stopBits'>): string {
  return `${baud} baud, 8${parity.slice(0, 1).toUpperCase()}${stopBits}`
}

function tcpOf(url: string, kind: TcpAddress['kind'], parsed: URL): TcpAddress {
  const { hostname, pathname, username, password, search, hash } = parsed
  if (hostname === '' || username || password || search || hash || !(pathname === '' || pathname === '/'))
    return refuse('a line of host and port only', url)
  const port = parsed.port === '' && kind === 'tcp' ? MODBUS_PORT : Number(parsed.port)
  if (port < 1) return refuse('a port from 1 to 65535', url)
  return { kind, host: hostname.replace(/^\[|\]$/g, ''), port }
}

function listenOf(url: string, kind: ListenKind, parsed: URL): ListenAddress {
  const { hostname, username, password, search, hash } = parsed
  const [, alone] = /^(\d{1,5})$/.exec(parsed.pathname) ?? []
  const isPlain = !(username || password || search || hash) && (alone !== undefined || ['', '/'].includes(parsed.pathname))
  const host = alone === undefined ? hostname.replace(/^\[|\]$/g, '') : LOOPBACK
  if (!isPlain || isIP(host) === 0) return refuse('an address of this machine and a port only', url)
  const port = Number(alone ?? parsed.port)
  if (port < 1 || port > 65_535) return refuse('a port from 1 to 65535', url)
  return { kind, host, port }
}

function serialOf(url: string, { host, pathname, username, password, hash, searchParams }: URL): SerialAddress {
  if (host || username || password || hash || !/^\/./.test(pathname))
    return refuse('a serial port by its whole path, with three slashes: serial:///dev/ttyUSB0', url)
  const given = new Map(searchParams)
  for (const name of given.keys())
    if (!['baud', 'parity', 'stopBits'].includes(name)) return refuse('only the parameters baud, parity and stopBits', url)
  if (given.size < searchParams.size) return refuse('each parameter once', url)
  const { baud = String(BAUD_DEFAULT), parity = 'none', stopBits = '1' } = Object.fromEntries(given)
  if (!/^\d+$/.test(baud) || Number(baud) < BAUD_MIN || Number(baud) > BAUD_MAX)
    return refuse(`a baud from ${BAUD_MIN} to ${BAUD_MAX}`, url)
  if (parity !== 'none' && parity !== 'even' && parity !== 'odd') return refuse('a parity of none, even or odd', url)
  if (stopBits !== '1' && stopBits !== '2') return refuse('1 or 2 stop bits', url)
  return { kind: 'serial', path: pathOf(url, pathname), baud: Number(baud), parity, stopBits: stopBits === '1' ? 1 : 2 }
}

function pathOf(url: string, pathname: string): string {
  try {
    const path = decodeURIComponent(pathname)
    if (!path.includes('\0')) return path
  } catch {
    // A percent sign that encodes nothing.
  }
  return refuse('a path that can be decoded', url)
}

function hostPort({ host, port }: Pick<TcpAddress, 'host' | 'port'>): string {
  return `${host.includes(':') ? `[${host}]` : host.toLowerCase()}:${port}`
}

function refuse(expected: string, url: string): never {
  throw new DriverError('configuration', `expected ${expected}, got "${url}"`)
}
