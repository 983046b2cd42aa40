import { DriverError } from './driver-error.ts'

/** Where a line is and how it frames its messages. */
export interface LineAddress {
  /** `tcp`: Modbus TCP. `rtu+tcp`: RTU frames through a serial server. */
  readonly kind: 'tcp' | 'rtu+tcp'
  readonly host: string
  readonly port: number
}

/** The port that the specification gives to Modbus TCP. */
export const MODBUS_PORT = 502

/**
 * Reads `tcp://host[:port]` or `rtu+tcp://host:port`.
 * @throws DriverError `configuration` for another form.
 */
export function parseLine(url: string): LineAddress {
  const parsed = URL.parse(url)
  const kind = parsed?.protocol.slice(0, -1)
  if (parsed === null || (kind !== 'tcp' && kind !== 'rtu+tcp') || parsed.hostname === '') {
    throw new DriverError('configuration', `expected a line such as tcp://10.0.0.7:502 or rtu+tcp://10.0.0.7:4001, got "${url}"`)
  }
  if (
    parsed.username ||
    parsed.password ||
    parsed.search ||
    parsed.hash ||
    !(parsed.pathname === '' || parsed.pathname === '/')
  ) {
    throw new DriverError('configuration', `expected a line of host and port only, got "${url}"`)
  }
  const port = parsed.port === '' && kind === 'tcp' ? MODBUS_PORT : Number(parsed.port)
  if (port < 1) throw new DriverError('configuration', `expected a port from 1 to 65535, got "${url}"`)
  return { kind, host: parsed.hostname.replace(/^\[|\]$/g, ''), port }
}

/** One spelling for each line, so that two devices that mean one line share it. */
export function lineKey({ kind, host, port }: LineAddress): string {
  return `${kind}://${host.includes(':') ? `[${host}]` : host.toLowerCase()}:${port}`
}
