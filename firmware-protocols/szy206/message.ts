import type { Decimal } from '#protocols/decimal'
import { decodeSzyFrame, encodeSzyFrame, type SzyFrame } from './frame.ts'
import { decodeValues, encodeValues, SZY206_KINDS, type SzyValue } from './quantity.ts'

/** Functions by the names that `use` has. */
export const SZY206_AFNS = {
  LINK: 0x02,
  IMAGE: 0x61,
  ALARM: 0x81,
  MANUAL: 0x82,
  QUERY_NOW: 0xb0,
  QUERY_STORED: 0xb1,
  REPORT: 0xc0,
} as const
const USES = new Map<number, string>([
  [SZY206_AFNS.LINK, 'link'],
  [SZY206_AFNS.IMAGE, 'image'],
  [SZY206_AFNS.ALARM, 'alarm'],
  [SZY206_AFNS.MANUAL, 'manual'],
  [SZY206_AFNS.QUERY_NOW, 'query now'],
  [SZY206_AFNS.QUERY_STORED, 'query stored'],
  [SZY206_AFNS.REPORT, 'self-report'],
])
const LINKS = { login: 0xf0, logout: 0xf1, alive: 0xf2 } as const
export type SzyLink = keyof typeof LINKS
/** Alarms 2, state 2, time 5. */
const REPORT_TAIL_BYTES = 9

/** One message, as it is printed. */
export interface SzyMessage {
  /** Bytes between the second 68 and the CRC; 1 for a long packet. */
  readonly len: number
  /** The control byte, hex; with what it says where all values of the frame could be read. */
  readonly control: string
  readonly direction: 'up' | 'down'
  /** 0..3. */
  readonly fcb: number
  readonly function: (typeof SZY206_KINDS)[number]
  readonly divs?: number
  /** Five bytes, hex. */
  readonly address: string
  /** Two hex digits. */
  readonly AFN: string
  /** What the AFN is for, where it is known. */
  readonly use?: string
  readonly long?: true
  readonly link?: SzyLink
  readonly values?: readonly SzyValue[]
  /** The first flow and volume among `values`, if they are valid. */
  readonly flow_m3_s?: Decimal
  readonly volume_m3?: Decimal
  /** The station says that it has no flow. */
  readonly flow?: null
  /** Two bytes each, hex, bit 0 of the second byte first in the standard's list. */
  readonly alarm?: string
  readonly status?: string
  /** Seconds, minutes, hours, day, permitted delay: BCD, hex. */
  readonly time?: string
  /** Behind an invalid value: alarms, state and time as one. */
  readonly rest?: string
  /** Data that are not understood, hex. */
  readonly data?: string
}

/** What `encodeSzy` needs of a message. */
export type SzyInput = Pick<SzyMessage, 'direction' | 'fcb' | 'function' | 'address' | 'AFN'> &
  Partial<Pick<SzyMessage, 'divs' | 'long' | 'link' | 'alarm' | 'status' | 'time' | 'data'>> & {
    readonly values?: readonly { readonly quantity: string; readonly value: Decimal | number | null }[]
  }

/** Reads one whole frame. @throws ProtocolError `truncated`, `malformed`, `checksum` */
export function decodeSzy(bytes: Uint8Array): SzyMessage {
  return { ...readSzy(decodeSzyFrame(bytes)), len: bytes[1] ?? 0 }
}

/** What a frame says. */
export function readSzy(frame: SzyFrame): SzyMessage {
  const { direction, fcb, kind, divs, afn, isLong } = frame
  const code = (direction === 'up' ? 0x80 : 0) | (divs === undefined ? 0 : 0x40) | (fcb << 4) | kind
  const name = SZY206_KINDS[kind] ?? SZY206_KINDS[0]
  const content = contentOf(frame)
  const isRead = content.values?.every(({ value }) => value !== null)
  const use = USES.get(afn)
  return {
    len: isLong ? 1 : 7 + (divs === undefined ? 0 : 1) + frame.data.length,
    control: isRead ? `${hexByte(code)} (${direction}, FCB ${fcb}, function ${kind} ${name})` : hexByte(code),
    direction,
    fcb,
    function: name,
    ...(divs === undefined ? {} : { divs }),
    address: frame.address,
    AFN: hexByte(afn),
    ...(use === undefined ? {} : { use }),
    ...(isLong ? { long: true as const } : {}),
    ...content,
  }
}

/** The inverse of `decodeSzy`. @throws RangeError for values that do not fit their fields @throws ProtocolError `malformed` */
export function encodeSzy(message: SzyInput): Uint8Array {
  const { direction, fcb, divs, address, AFN, long, link, values, alarm = '', status = '', time = '', data = '' } = message
  const kind = SZY206_KINDS.indexOf(message.function)
  const content = values === undefined ? Buffer.from(data, 'hex') : encodeValues(kind, values)
  return encodeSzyFrame({
    direction,
    fcb,
    kind,
    ...(divs === undefined ? {} : { divs }),
    address,
    afn: Number.parseInt(AFN, 16),
    isLong: long === true,
    data: Uint8Array.of(...(link === undefined ? content : [LINKS[link]]), ...Buffer.from(alarm + status + time, 'hex')),
  })
}

type Content = Pick<
  SzyMessage,
  'link' | 'values' | 'flow_m3_s' | 'volume_m3' | 'flow' | 'alarm' | 'status' | 'time' | 'rest' | 'data'
>

function contentOf({ direction, kind, divs, afn, data }: SzyFrame): Content {
  const link = (['login', 'logout', 'alive'] as const).find((name) => data.length === 1 && data[0] === LINKS[name])
  if (afn === SZY206_AFNS.LINK && link) return { link }
  if (afn !== SZY206_AFNS.REPORT || direction !== 'up' || divs !== undefined || data.length < REPORT_TAIL_BYTES)
    return data.length === 0 ? {} : { data: hex(data) }
  const tailAt = data.length - REPORT_TAIL_BYTES
  const tail = {
    alarm: hex(data.subarray(tailAt, tailAt + 2)),
    status: hex(data.subarray(tailAt + 2, tailAt + 4)),
    time: hex(data.subarray(tailAt + 4)),
  }
  const values = decodeValues(kind, data.subarray(0, tailAt))
  if (values === undefined) return { data: hex(data.subarray(0, tailAt)), ...tail }
  const flow = values.find(({ quantity }) => quantity === 'flow')?.value
  const volume = values.find(({ quantity }) => quantity === 'volume')?.value
  return {
    values,
    ...(flow ? { flow_m3_s: flow } : {}),
    ...(flow === null ? { flow } : {}),
    ...(volume ? { volume_m3: volume } : {}),
    ...tail,
    ...(values.some(({ value }) => value === null) ? { rest: hex(data.subarray(tailAt)) } : {}),
  }
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0').toUpperCase()
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase()
}
