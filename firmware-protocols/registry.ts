import type { Codec } from '#protocols/codec'

/** A door and the protocols behind it. */
export interface Door {
  /** What its protocols have in common, as a heading. */
  readonly title: string
  readonly names: readonly string[]
  load(): Promise<{ readonly codecs: readonly Codec[] }>
}

/** A door is loaded when one of its protocols is asked for: a gateway's box has no memory to spare for the others. */
export const DOORS: readonly Door[] = [
  {
    title: 'Modbus',
    names: ['modbus-rtu', 'modbus-ascii', 'modbus-tcp', 'modbus-value', 'crc16-modbus'],
    load: () => import('#protocols/modbus'),
  },
  {
    title: 'SL 651, water stations',
    names: ['sl651', 'sl651-element'],
    load: () => import('#protocols/sl651'),
  },
  {
    title: 'SZY 206, taking of water',
    names: ['szy206'],
    load: () => import('#protocols/szy206'),
  },
  {
    title: 'Scales',
    names: [
      'mt-sics',
      'toledo-8217',
      'toledo-continuous',
      'nci-ecr',
      'cas-22',
      'cas-pos',
      'st-gs',
      'and',
      'xk3190',
      'xk3190-text',
      'elicom',
      'hid-scale',
      'adam',
      'delmac',
      'dahua-tm-label-scale',
      'dahua-tm-rows',
    ],
    load: () => import('#protocols/scales'),
  },
  {
    title: 'Codes, as they are printed',
    names: ['gs1', 'gs1-digital-link', 'ean13-variable', 'trace-code', 'china-meat-veg-traceability'],
    load: () => import('#protocols/codes'),
  },
  {
    title: 'Scanners',
    names: ['hid-keyboard', 'hid-barcode', 'serial-barcode'],
    load: () => import('#protocols/scanners'),
  },
  {
    title: 'Cards',
    names: ['iso-7816-apdu', 'pc-sc', 'serial-card', 'keyboard-card'],
    load: () => import('#protocols/cards'),
  },
  {
    title: 'Receipts and labels',
    names: ['esc-pos', 'tspl'],
    load: () => import('#protocols/receipts'),
  },
  {
    title: 'Printers',
    names: ['esc-pos-status'],
    load: () => import('#protocols/printers'),
  },
  {
    title: 'Displays, callers, rating keypads',
    names: ['led-digit-display-xunpeng', 'led-onbon-bx', 'sluice-terminal'],
    load: () => import('#protocols/terminals'),
  },
]

/** Other names that a protocol is known by. */
const ALIASES: Readonly<Record<string, string>> = {
  'dahua-tm': 'dahua-tm-label-scale',
  'xunpeng-led': 'led-digit-display-xunpeng',
}

/** Every protocol's name, in the order of the list. */
export const PROTOCOLS: readonly string[] = DOORS.flatMap(({ names }) => names)

/** @throws RangeError for a name that is none, with those that are */
export async function loadCodec(name: string): Promise<Codec> {
  const wanted = ALIASES[name] ?? name
  const door = DOORS.find(({ names }) => names.includes(wanted))
  const codecs = door === undefined ? [] : (await door.load()).codecs
  const codec = codecs.find((each) => each.name === wanted)
  if (codec === undefined) throw new RangeError(`expected a protocol of ${PROTOCOLS.join(', ')}, got "${name}"`)
  return codec
}

/** All of them, in the order of `PROTOCOLS`. */
export function loadCodecs(): Promise<Codec[]> {
  return Promise.all(PROTOCOLS.map(loadCodec))
}
