import { createHash } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import { type Static, Type } from 'typebox'
import {
  type Catalogue,
  type CatalogueEntry,
  type Document,
  DocumentError,
  type DocumentFault,
  isSl651Entry,
  loadCatalogue,
  PROFILES_FOLDER,
  profileNames,
  protocolOf,
  readYaml,
} from '#devices'
import {
  type CallingStation,
  DriverError,
  describeLine,
  fingerprintFault,
  isListening,
  type LineAddress,
  lineKey,
  linePort,
  parseLine,
} from '#drivers'
import { Bilingual, checkRules, DEVICE_ID, GATEWAY_ID, type Rule, Rules } from '#wire'
import { devicePoints } from './device-points.ts'
import { FingerprintFile } from './fingerprint-file.ts'
import { OUTBOX_LIMITS, type OutboxLimits } from './journal/index.ts'

const strict = { additionalProperties: false } as const

/** Devices of one site. */
export const DEVICES_MAX = 2000

/** The file `gateway.yaml`: one schema with its defaults; an unknown key is an error. */
export const GatewayFile = Type.Object(
  {
    gateway: Type.String({ pattern: GATEWAY_ID, description: 'id of this gateway, unique in the cloud' }),
    data: Type.String({ default: './data/gateway', minLength: 1, description: 'folder of the journal, relative to this file' }),
    broker: Type.String({ default: 'mqtt://127.0.0.1:1883', pattern: '^mqtt://[^/@]+$', description: 'the cloud broker' }),
    console: Type.Object(
      {
        host: Type.String({ default: '127.0.0.1' }),
        port: Type.Integer({ default: 8090, minimum: 0, maximum: 65_535, description: '0: any free one' }),
      },
      { ...strict, default: {} },
    ),
    outbox: Type.Object(
      {
        bytesMax: Type.Integer({
          default: OUTBOX_LIMITS.bytesMax,
          minimum: 1024 * 1024,
          description: "of the journal's file; beyond it readings that were never sent are thinned, the oldest first",
        }),
        hoursMax: Type.Number({
          default: OUTBOX_LIMITS.hoursMax,
          exclusiveMinimum: 0,
          description: 'hours of running: readings that wait longer are thinned, and given up after three times as long',
        }),
      },
      { ...strict, default: {} },
    ),
    clock: Type.Object(
      {
        source: Type.Enum(['system', 'cloud'], {
          default: 'system',
          description:
            "system: believed until it steps or the cloud's time is another; cloud: not before the cloud has confirmed it",
        }),
      },
      { ...strict, default: {} },
    ),
    profiles: Type.Optional(
      Type.String({ minLength: 1, description: 'folder with device models of this site, relative to this file' }),
    ),
    stations: Type.Array(Type.Object({ id: Type.String({ pattern: DEVICE_ID }), name: Bilingual }, strict), {
      default: [],
      maxItems: DEVICES_MAX,
    }),
    devices: Type.Array(
      Type.Object(
        {
          id: Type.String({ pattern: DEVICE_ID }),
          name: Type.Optional(Bilingual),
          station: Type.Optional(
            Type.String({ pattern: DEVICE_ID, description: 'one of the stations above; without it the device is its own' }),
          ),
          profile: Type.String({ description: 'a device model: kind/vendor-model' }),
          line: Type.String({
            description:
              'tcp://host:port, rtu+tcp://host:port or serial:///dev/ttyUSB0?baud=9600&parity=none&stopBits=1, the defaults of a serial one; sl651://0.0.0.0:port where stations call, sl651:port where they call from this machine alone',
          }),
          unit: Type.Integer({ minimum: 0, maximum: 255, default: 1, description: 'address on the line' }),
          fingerprint: Type.Optional(FingerprintFile),
          address: Type.Optional(
            Type.String({ pattern: '^[0-9A-F]{10}$', description: 'of a station that calls: its own, by which it is known' }),
          ),
          mode: Type.Enum(['M1', 'M2', 'M3', 'M4'], {
            default: 'M2',
            description:
              'of a station that calls: M1 report only, M2 report and confirm, M3 many packets and one confirm, M4 question and answer',
          }),
          password: Type.Optional(
            Type.String({ pattern: '^[0-9A-F]{4}$', description: 'of a station that calls; without it any is taken' }),
          ),
        },
        strict,
      ),
      { default: [], maxItems: DEVICES_MAX },
    ),
    rules: Rules,
  },
  strict,
)
export type GatewayFile = Static<typeof GatewayFile>

/** A device of the site with its model. */
export interface SiteDevice {
  readonly id: string
  readonly name: { readonly zh: string; readonly en: string }
  readonly station: GatewayFile['stations'][number]
  readonly profile: CatalogueEntry
  readonly line: string
  readonly unit: number
  readonly fingerprint?: FingerprintFile
  /** Of a station that calls by itself. */
  readonly caller?: CallingStation
}

/** A checked site: every name resolved, every path absolute. */
export interface GatewayConfig {
  readonly gateway: string
  readonly data: string
  readonly broker: string
  readonly console: GatewayFile['console']
  /** How much may wait for the cloud. */
  readonly outbox: OutboxLimits
  readonly clock: GatewayFile['clock']
  readonly devices: readonly SiteDevice[]
  /** Rules that this gateway judges itself. */
  readonly rules: readonly Rule[]
  /** Hash of the file's checked content. */
  readonly hash: string
}

/** Reads and checks a site's file and the device models it uses; opens no port. @throws DocumentError with every fault */
export function readGatewayConfig(file: string): GatewayConfig {
  const document = readYaml(file, GatewayFile)
  const { gateway, data, broker, console, clock, outbox, stations, devices, rules } = document.value
  const folder = dirname(resolve(file))
  const catalogue = catalogueOf(document, folder)
  const faults = [
    ...checkBroker(document),
    ...checkStations(document),
    ...checkDevices(document, catalogue),
    ...checkPorts(document),
    ...checkRules(document, rules),
    ...checkTargets(document, catalogue),
  ]
  if (faults.length > 0) throw new DocumentError(faults)
  const siteDevices = devices.flatMap((device): SiteDevice[] => {
    const { id, name, station, profile, line, unit, fingerprint } = device
    const entry = catalogue.get(profile)
    if (entry === undefined) return []
    const own = { id, name: name ?? { zh: id, en: id } }
    const place = stations.find((known) => known.id === station) ?? own
    const caller = callerOf(device)
    return [
      { ...own, station: place, profile: entry, line, unit, ...(fingerprint && { fingerprint }), ...(caller && { caller }) },
    ]
  })
  const hash = createHash('sha256')
    .update(JSON.stringify([document.value, siteDevices.map((device) => device.profile.hash)]))
    .digest('hex')
    .slice(0, 16)
  return {
    gateway,
    data: resolve(folder, data),
    broker,
    console,
    outbox,
    clock,
    devices: siteDevices,
    rules: rules.filter(({ edge }) => edge),
    hash,
  }
}

/** The models of the site's devices among those that come with the project, and the site's own. @throws DocumentError */
function catalogueOf(document: Document<GatewayFile>, folder: string): Catalogue {
  const { profiles, devices } = document.value
  const ours = loadCatalogue([PROFILES_FOLDER], new Set(devices.map(({ profile }) => profile)))
  if (profiles === undefined) return ours
  try {
    return new Map([...ours, ...loadCatalogue([resolve(folder, profiles)])])
  } catch (error) {
    if (error instanceof DocumentError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new DocumentError([document.fault(['profiles'], `expected a readable folder, got ${code} for "${profiles}"`)])
  }
}

function checkBroker(document: Document<GatewayFile>): DocumentFault[] {
  const { broker } = document.value
  const url = URL.parse(broker)
  const isPlain = url !== null && url.hostname !== '' && url.port !== '0' && url.search === '' && url.hash === ''
  return isPlain ? [] : [document.fault(['broker'], `expected a broker such as mqtt://10.0.0.7:1883, got "${broker}"`)]
}

function checkStations(document: Document<GatewayFile>): DocumentFault[] {
  const { stations } = document.value
  return stations.flatMap(({ id }, index) =>
    stations.findIndex((other) => other.id === id) < index
      ? [document.fault(['stations', index, 'id'], `expected each station id once, got "${id}" again`)]
      : [],
  )
}

function checkDevices(document: Document<GatewayFile>, catalogue: Catalogue): DocumentFault[] {
  const { devices, stations } = document.value
  return devices.flatMap((device, index) => {
    const { id, profile, line, unit, station, address, fingerprint } = device
    const fault = (key: string, message: string) => document.fault(['devices', index, key], message)
    const faults: DocumentFault[] = []
    const earlier = devices.slice(0, index)
    if (earlier.some((other) => other.id === id)) faults.push(fault('id', `expected each device id once, got "${id}" again`))
    const model = catalogue.get(profile)?.profile
    if (model === undefined)
      faults.push(
        fault(
          'profile',
          `expected one of ${[...new Set([...profileNames(PROFILES_FOLDER), ...catalogue.keys()])].join(', ')}, got "${profile}"`,
        ),
      )
    else if (!('modbus' in model || 'sl651' in model))
      faults.push(
        fault(
          'profile',
          `expected a model read by Modbus or SL 651, for the driver for ${protocolOf(model)} is not there yet, got "${profile}"`,
        ),
      )
    if (station !== undefined && !stations.some((known) => known.id === station))
      faults.push(fault('station', `expected the id of a station above, got "${station}"`))
    const unfit = fingerprint && fingerprintFault(fingerprint)
    if (unfit) faults.push(fault('fingerprint', unfit))
    faults.push(...checkCaller(device, catalogue.get(profile), fault))
    const isCalled = addressOf(line) !== null && !calls(line)
    const twin = isCalled ? earlier.find((other) => other.unit === unit && keyOf(other.line) === keyOf(line)) : undefined
    const double = earlier.find((other) => other.address !== undefined && other.address === address && calls(other.line))
    if (double && calls(line)) faults.push(fault('address', `expected each station once, got ${address} as ${double.id} has`))
    if (twin)
      faults.push(fault('unit', `expected one device for each unit of a line, got ${unit} on ${line} as ${twin.id} already has`))
    try {
      parseLine(line)
    } catch (error) {
      if (!(error instanceof DriverError)) throw error
      faults.push(fault('line', error.message))
    }
    return faults
  })
}

type DeviceEntry = GatewayFile['devices'][number]

/** A station that calls has an address and a line to call on, and no other device has either. */
function checkCaller(
  { address, line, profile, password }: DeviceEntry,
  entry: CatalogueEntry | undefined,
  fault: (key: string, message: string) => DocumentFault,
): DocumentFault[] {
  const url = addressOf(line)
  if (entry === undefined || url === null) return []
  const isStation = isSl651Entry(entry)
  const faults: DocumentFault[] = []
  if (isStation !== isListening(url))
    faults.push(fault('line', `expected ${isStation ? 'sl651://…, for' : 'a line that is asked, for'} ${profile}, got "${line}"`))
  if (isStation && address === undefined) faults.push(fault('address', 'expected the address of the station, got none'))
  for (const [key, value] of Object.entries({ address, password }))
    if (!isStation && value !== undefined) faults.push(fault(key, `expected no ${key} of a device that does not call, got one`))
  return faults
}

function callerOf({ address, mode, password, line }: DeviceEntry): CallingStation | undefined {
  return address === undefined || !calls(line) ? undefined : { address, mode, ...(password !== undefined && { password }) }
}

/** Whether devices call on a line. */
function calls(line: string): boolean {
  const address = addressOf(line)
  return address !== null && isListening(address)
}

/** A serial port has one speed, a TCP port one framing. */
function checkPorts(document: Document<GatewayFile>): DocumentFault[] {
  const ports = new Map<string, { readonly id: string; readonly line: LineAddress }>()
  return document.value.devices.flatMap(({ id, line: url }, index) => {
    const line = addressOf(url)
    if (line === null) return []
    const first = ports.get(linePort(line)) ?? { id, line }
    ports.set(linePort(line), first)
    if (lineKey(first.line) === lineKey(line)) return []
    const message = `expected the ${describeLine(first.line)} as for ${first.id}, got the ${describeLine(line)}`
    return [document.fault(['devices', index, 'line'], message)]
  })
}

/** Null: it is no line, which is told elsewhere. */
function addressOf(url: string): LineAddress | null {
  try {
    return parseLine(url)
  } catch (error) {
    if (!(error instanceof DriverError)) throw error
    return null
  }
}

/** One spelling for each line; of one that cannot be read, its own. */
function keyOf(url: string): string {
  const line = addressOf(url)
  return line === null ? url : lineKey(line)
}

/** A rule looks at a point that its device has, and that can ever bring a verdict. */
function checkTargets(document: Document<GatewayFile>, catalogue: Catalogue): DocumentFault[] {
  const { devices, rules } = document.value
  return rules.flatMap(({ device, point, kind }, index) => {
    const fault = (key: string, message: string) => [document.fault(['rules', index, key], message)]
    const target = devices.find(({ id }) => id === device)
    if (target === undefined) return fault('device', `expected the id of a device above, got "${device}"`)
    const model = catalogue.get(target.profile)?.profile
    const points = model && devicePoints(model)
    if (points === undefined || Object.keys(points).length === 0) return []
    const facts = Object.hasOwn(points, point) ? points[point] : undefined
    if (facts === undefined) return fault('point', `expected one of ${Object.keys(points).join(', ')}, got "${point}"`)
    if (facts.isBit) return fault('point', `expected a point of numbers, got "${point}", which is on or off`)
    const { meaning } = facts.description
    if (kind === 'rain-window' && meaning !== 'counter')
      return fault('point', `expected a counter of rain for a rain-window, got "${point}", a ${meaning}`)
    return []
  })
}
