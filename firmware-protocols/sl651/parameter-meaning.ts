import { hexOf } from './hex-text.ts'

/** How a station reaches a centre. */
export interface Channel {
  readonly type: (typeof CHANNELS)[number]
  /** A number, or with IPv4 an address with its dots. */
  readonly address?: string
  readonly port?: number
}

/** What a basic parameter says that is no number. */
export type ParameterMeaning =
  | { readonly centres: readonly number[] }
  | { readonly channel: Channel }
  | { readonly mode: (typeof MODES)[number] }
  | { readonly elements: readonly string[] }
  | { readonly card: { readonly network: (typeof NETWORKS)[number]; readonly number: string } }

/** By the digit that stands for them; 0 has switched the channel off. */
const CHANNELS = ['off', 'sms', 'ipv4', 'beidou', 'inmarsat', 'pstn', 'vhf'] as const
/** From 1 on. */
const MODES = ['self-report', 'self-report with acknowledgement', 'query', 'debug'] as const
const NETWORKS = ['mobile', 'beidou'] as const
/** Type 1 byte, address 6, port 3. */
const IPV4_BYTES = 10
const MASK_BYTES = 8

export const [CENTRES, CHANNEL_FIRST, CHANNEL_LAST, MODE, MASK, RELAYS, CARD] = [
  0x01, 0x04, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
] as const

/** What the bytes of a basic parameter mean; undefined for numbers, and for bytes against the rules. */
export function parameterMeaning(id: number, bytes: Uint8Array): ParameterMeaning | undefined {
  if (bytes.length === 0) return undefined
  const first = bytes[0] ?? 0
  if (id === CENTRES) return { centres: [...bytes] }
  if (id >= CHANNEL_FIRST && id <= CHANNEL_LAST) return channelOf(bytes)
  if (id === MODE) {
    const mode = MODES[first - 1]
    return mode && bytes.length === 1 ? { mode } : undefined
  }
  if (id === MASK && bytes.length === MASK_BYTES)
    return { elements: ELEMENTS.filter((name, bit) => name !== '' && ((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) }
  const network = id === CARD ? NETWORKS[first - 0x31] : undefined
  return network && { card: { network, number: Buffer.from(bytes.subarray(1)).toString('latin1') } }
}

function channelOf(bytes: Uint8Array): ParameterMeaning | undefined {
  const type = CHANNELS[bytes[0] ?? 0]
  if (type === undefined) return undefined
  const digits = hexOf(bytes, 1)
  if (type !== 'ipv4') {
    // An odd count of digits is filled up on the left with an A.
    const address = digits.replace(/^A+/, '')
    return { channel: address === '' ? { type } : { type, address } }
  }
  if (bytes.length !== IPV4_BYTES || !/^\d+$/.test(digits)) return undefined
  const address = [0, 3, 6, 9].map((at) => Number(digits.slice(at, at + 3))).join('.')
  return { channel: { type, address, port: Number(digits.slice(12)) } }
}

/** From the highest bit of the first byte on; the last byte has three. */
const ELEMENTS = [
  'rain',
  'evaporation',
  'wind direction',
  'wind speed',
  'air temperature',
  'humidity',
  'ground temperature',
  'air pressure',
  'stage 8',
  'stage 7',
  'stage 6',
  'stage 5',
  'stage 4',
  'stage 3',
  'stage 2',
  'stage 1',
  'groundwater depth',
  'image',
  'wave height',
  'gate opening',
  'volume',
  'velocity',
  'flow',
  'water pressure',
  'meter 8',
  'meter 7',
  'meter 6',
  'meter 5',
  'meter 4',
  'meter 3',
  'meter 2',
  'meter 1',
  'soil moisture at 100 cm',
  'soil moisture at 80 cm',
  'soil moisture at 60 cm',
  'soil moisture at 50 cm',
  'soil moisture at 40 cm',
  'soil moisture at 30 cm',
  'soil moisture at 20 cm',
  'soil moisture at 10 cm',
  'pH',
  'dissolved oxygen',
  'conductivity',
  'turbidity',
  'redox potential',
  'permanganate index',
  'ammonia nitrogen',
  'water temperature',
  'total organic carbon',
  'total nitrogen',
  'total phosphorus',
  'zinc',
  'selenium',
  'arsenic',
  'mercury',
  'cadmium',
  '',
  '',
  '',
  '',
  '',
  'chlorophyll a',
  'copper',
  'lead',
] as const
