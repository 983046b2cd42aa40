import type { Decimal } from '#protocols/decimal'
import type { ByteWriter } from './byte-writer.ts'
import {
  type ElementDraft,
  type ElementInput,
  FLOW_BATCH,
  FLOW_BATCH_SECOND,
  FREE_MAX,
  IMAGE,
  RAIN_SERIES,
  STAGE_SERIES_LAST,
  STATUS,
  TEXT,
  TIME_STEP,
  USER,
} from './element.ts'
import { type ElementInfo, elementInfo } from './element-table.ts'
import { bytesOfHex, hexOf, refuse } from './hex-text.ts'
import { bytesOfText } from './manual-text.ts'
import { bcdValue, binaryValue, setBcd, setBinary } from './number.ts'
import { stationStatus, statusWord } from './status-word.ts'

const RAIN_DECIMALS = 1
const STAGE_DECIMALS = 2

/** Whether an element has no definition byte and goes on to the end of the body. */
export function isToTheEnd(leader: number): boolean {
  return leader === TEXT || leader === IMAGE || leader === FLOW_BATCH
}

/** What stands behind the leader of such an element. */
export function secondOf(leader: number): number {
  return leader === FLOW_BATCH ? FLOW_BATCH_SECOND : leader
}

/** Puts into `draft` what the bytes behind a definition byte say: a number, a series, or nothing but themselves. */
export function readValue(
  draft: ElementDraft,
  leader: number,
  definition: number,
  bytes: Uint8Array,
  from: number,
  to: number,
  isSeries: boolean,
): void {
  const size = definition >> 3
  const isFiveMinutes = leader >= RAIN_SERIES && leader <= STAGE_SERIES_LAST
  if (isFiveMinutes) {
    const step = leader === RAIN_SERIES ? 1 : 2
    if (size > 0 && size % step === 0) {
      const values: (Decimal | null)[] = []
      for (let at = from; at < to; at += step)
        values.push(binaryValue(bytes, at, step, leader === RAIN_SERIES ? RAIN_DECIMALS : STAGE_DECIMALS))
      draft.values = values
      return
    }
  } else if (leader === STATUS) {
    if (size === 4) {
      draft.hex = hexOf(bytes, from, to)
      draft.status = stationStatus(wordAt(bytes, from))
      return
    }
  } else if (isSeries && size > 0) {
    const values: (Decimal | null)[] = []
    for (let at = from; at < to; at += size) {
      const value = bcdValue(bytes, at, at + size, definition & 7)
      if (value !== undefined) values.push(value)
    }
    if (values.length * size === to - from) {
      draft.values = values
      return
    }
  } else if (size > 0 && leader !== TIME_STEP) {
    const value = bcdValue(bytes, from, to, definition & 7)
    if (value !== undefined) {
      draft.value = value
      return
    }
  }
  draft.hex = hexOf(bytes, from, to)
}

/**
 * Writes an element: its id, its definition byte and its value, but for those that have none of the last two.
 * Without a definition byte it takes the standard's.
 * @throws ProtocolError `malformed` for an id that is none, and for a value that its bytes do not hold
 */
export function writeElement(writer: ByteWriter, element: ElementInput, isSeries: boolean): void {
  const id = bytesOfHex(element.id)
  const leader = id[0] ?? 0
  const info = elementInfo(leader)
  if (id.length !== (leader === USER ? 2 : 1)) refuse(`expected two digits, or FF and two, got "${element.id}"`)
  if (info === undefined && leader !== USER && leader > FREE_MAX) refuse(`expected the id of an element, got "${element.id}"`)
  writer.put(id)
  if (isToTheEnd(leader)) {
    writer.byte(secondOf(leader))
    writer.put(element.text === undefined ? bytesOfHex(element.hex ?? '') : bytesOfText(element.text))
    return
  }
  const definition = element.def === undefined ? usualDefinition(element, info) : (bytesOfHex(element.def)[0] ?? 0)
  writer.byte(definition)
  writeValue(writer, element, leader, definition, isSeries)
}

function writeValue(writer: ByteWriter, element: ElementInput, leader: number, definition: number, isSeries: boolean): void {
  const { hex, status, value, values } = element
  const size = definition >> 3
  const decimals = definition & 7
  const bytes = hex !== undefined ? bytesOfHex(hex) : status && wordBytes(statusWord(status))
  if (bytes !== undefined) {
    if (size === 0 ? bytes.length > 0 : isSeries ? bytes.length % size > 0 : bytes.length !== size)
      refuse(`expected ${size} bytes of element ${element.id}, got ${bytes.length}`)
    writer.put(bytes)
    return
  }
  if (values !== undefined) {
    const isFiveMinutes = leader >= RAIN_SERIES && leader <= STAGE_SERIES_LAST
    const step = isFiveMinutes ? (leader === RAIN_SERIES ? 1 : 2) : size
    const length = values.length * step
    if (size === 0 || (isSeries ? length % size > 0 : length !== size))
      refuse(`expected values of ${size} bytes for element ${element.id}, got ${length}`)
    let at = writer.reserve(length)
    for (const one of values) {
      if (isFiveMinutes) setBinary(writer.bytes, at, step, one, leader === RAIN_SERIES ? RAIN_DECIMALS : STAGE_DECIMALS)
      else setBcd(writer.bytes, at, at + step, one, decimals)
      at += step
    }
    return
  }
  if (value === undefined) refuse(`expected a value of element ${element.id}`)
  const at = writer.reserve(size)
  setBcd(writer.bytes, at, at + size, value, decimals)
}

/** The standard's length and decimals; a byte more for the sign of a negative number. */
function usualDefinition(element: ElementInput, info: ElementInfo | undefined): number {
  if (info === undefined) return refuse(`expected the definition byte of element ${element.id}`)
  const { value } = element
  const isNegative = typeof value === 'number' ? value < 0 : (value?.count ?? 0) < 0
  return ((Math.ceil(info.digits / 2) + (isNegative ? 1 : 0)) << 3) | info.decimals
}

function wordAt(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at)
}

function wordBytes(word: number): Uint8Array {
  return Uint8Array.of(word >>> 24, word >>> 16, word >>> 8, word)
}
