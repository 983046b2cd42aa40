import { ByteWriter } from './byte-writer.ts'
import { type Note, STATION, TIME_STEP, TIME_STEP_DEFINITION, USER } from './element.ts'
import { EVENT_BYTES, eventBytes, readEvents } from './event-record.ts'
import type { FunctionInfo, Layout } from './functions.ts'
import { bitBytes, gateBytes, gatesLength, readBits, readGates } from './gates.ts'
import { MARK_BYTES, TIME_STEP_BYTES, writeHexElements, writeMark, writeTimeStep } from './hex-marks.ts'
import { bytesOfHex, hexOf, refuse, setHex } from './hex-text.ts'
import { HexWalk } from './hex-walk.ts'
import { bytesOfText, manualText } from './manual-text.ts'
import { Marks } from './marks.ts'
import type { Body, MessageInput } from './message.ts'
import { readParameters, writeParameter } from './parameters.ts'

/** Serial 2 bytes, send time 6. */
export const BODY_HEAD_BYTES = 8
/** Two times YYMMDDHH. */
const PERIOD_BYTES = 8
const [ON, OFF] = [0xff, 0x00] as const

type Draft = { -readonly [Key in keyof Body]: Body[Key] }

/** Reads a body in HEX. The caller has seen that its head is there. */
export function readHexBody(bytes: Uint8Array, info: FunctionInfo, isUp: boolean, note?: Note): Body {
  const draft: Draft = { serial: (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0), sendTime: hexOf(bytes, 2, BODY_HEAD_BYTES) }
  note?.(0, 2, 'serial', String(draft.serial))
  note?.(2, BODY_HEAD_BYTES, 'send time', hexOf(bytes, 2, BODY_HEAD_BYTES))
  if (bytes.length === BODY_HEAD_BYTES) return draft
  const layout = isUp ? info.up : info.down
  if (layout === 'elements' || layout === 'series') {
    const marks = new Marks()
    const walk = new HexWalk(bytes, BODY_HEAD_BYTES, isUp && info.hasClass, marks, note)
    const tailAt = marks.into(draft, walk.walk(layout === 'series'))
    if (walk.timeStep !== undefined) draft.timeStep = walk.timeStep
    if (tailAt < bytes.length) draft.tail = hexOf(bytes, tailAt)
    return draft
  }
  let from = BODY_HEAD_BYTES
  if (bytes[from] === STATION && bytes[from + 1] === STATION && bytes.length >= from + MARK_BYTES) {
    draft.bodyStation = hexOf(bytes, from + 2, from + MARK_BYTES)
    note?.(from, from + MARK_BYTES, 'station', draft.bodyStation)
    from += MARK_BYTES
  }
  const at = readLayout(draft, bytes, from, layout, note)
  if (at < bytes.length) draft.tail = hexOf(bytes, at)
  return draft
}

/** @returns where it ends what it could read */
function readLayout(draft: Draft, bytes: Uint8Array, from: number, layout: Layout, note?: Note): number {
  switch (layout) {
    case 'parameters': {
      const { parameters, at } = readParameters(bytes, from, note)
      if (parameters.length > 0) draft.parameters = parameters
      return at
    }
    case 'element-ids':
    case 'parameter-ids':
      return readIds(draft, bytes, from, layout === 'element-ids', note)
    case 'period':
      return readPeriod(draft, bytes, from, note)
    case 'version':
    case 'switches':
    case 'gates':
    case 'fixed-quantity':
      return from < bytes.length ? readCounted(draft, bytes, from, layout, note) : from
    case 'events':
      if (bytes.length < from + EVENT_BYTES) return from
      draft.events = readEvents(bytes, from)
      note?.(from, from + EVENT_BYTES, 'events', '')
      return from + EVENT_BYTES
    default:
      return from
  }
}

/** What begins with a count of bytes or gates, or is one byte. */
function readCounted(draft: Draft, bytes: Uint8Array, from: number, layout: Layout, note?: Note): number {
  const count = bytes[from] ?? 0
  const first = from + 1
  if (layout === 'fixed-quantity') {
    if (count !== ON && count !== OFF) return from
    draft.isFixedQuantity = count === ON
    note?.(from, first, 'fixed quantity', count === ON ? 'on' : 'off')
    return first
  }
  const to = first + (layout === 'gates' ? gatesLength(count) : count)
  if (to > bytes.length) return from
  if (layout === 'gates') {
    const gates = readGates(bytes, first, count)
    if (gates === undefined) return from
    draft.gates = gates
  } else if (layout === 'switches') draft.switches = readBits(bytes, first, count * 8)
  else {
    const version = manualText(bytes.subarray(first, to))
    if (version === undefined) return from
    draft.version = version
  }
  note?.(from, to, layout, draft.version ?? '')
  return to
}

function readPeriod(draft: Draft, bytes: Uint8Array, from: number, note?: Note): number {
  const at = from + PERIOD_BYTES
  if (at > bytes.length) return from
  draft.period = { from: hexOf(bytes, from, from + PERIOD_BYTES / 2), to: hexOf(bytes, from + PERIOD_BYTES / 2, at) }
  note?.(from, at, 'period', `${draft.period.from} to ${draft.period.to}`)
  const to = at + TIME_STEP_BYTES
  if (bytes[at] !== TIME_STEP || bytes[at + 1] !== TIME_STEP_DEFINITION || to > bytes.length) return at
  draft.timeStep = hexOf(bytes, at + 2, to)
  note?.(at, to, 'time step', draft.timeStep)
  return readIds(draft, bytes, to, true, note)
}

/** Ids with their definition bytes; a user's element has two bytes before it. */
function readIds(draft: Draft, bytes: Uint8Array, from: number, isElements: boolean, note?: Note): number {
  const ids: string[] = []
  let at = from
  while (at < bytes.length) {
    const to = at + (isElements && bytes[at] === USER ? 3 : 2)
    if (to > bytes.length) break
    const id = hexOf(bytes, at, to)
    ids.push(id)
    note?.(at, to, 'asks for', id)
    at = to
  }
  if (ids.length > 0) draft.query = ids
  return at
}

/** The inverse of `readHexBody`. @throws ProtocolError `malformed` for what its bytes do not hold */
export function hexBody(message: MessageInput, info: FunctionInfo): Uint8Array {
  const writer = new ByteWriter()
  const { serial = -1, sendTime = '', bodyStation } = message
  if (!Number.isInteger(serial) || serial < 0 || serial > 0xffff || sendTime.length !== 12)
    refuse(`expected a serial of 0 to 65535 and a send time of 12 digits, got ${serial} and "${sendTime}"`)
  const at = writer.reserve(BODY_HEAD_BYTES)
  writer.bytes[at] = serial >> 8
  writer.bytes[at + 1] = serial
  setHex(writer.bytes, at + 2, sendTime)
  const layout = message.direction === 'up' ? info.up : info.down
  if (layout === 'elements' || layout === 'series') writeHexElements(writer, message, info.hasClass && message.direction === 'up')
  else {
    if (bodyStation !== undefined) writeMark(writer, STATION, bodyStation)
    writeLayout(writer, message, layout)
  }
  if (message.tail !== undefined) writer.put(bytesOfHex(message.tail))
  return writer.written()
}

/** Parts that a message has not are not written: a frame may end before them. */
function writeLayout(writer: ByteWriter, message: MessageInput, layout: Layout): void {
  const { parameters = [], query = [], period, timeStep, version, events, switches, gates, isFixedQuantity } = message
  if (layout === 'parameters') for (const parameter of parameters) writeParameter(writer, parameter)
  if (layout === 'period' && period !== undefined) {
    if (period.from.length !== PERIOD_BYTES || period.to.length !== PERIOD_BYTES)
      refuse('expected a period of two times 8 digits')
    writer.put(bytesOfHex(period.from + period.to))
    if (timeStep !== undefined) writeTimeStep(writer, timeStep)
  }
  if (layout === 'element-ids' || layout === 'parameter-ids' || layout === 'period')
    for (const id of query) writer.put(bytesOfHex(id))
  if (layout === 'version' && version !== undefined) writeCounted(writer, bytesOfText(version))
  if (layout === 'events' && events !== undefined) writer.put(eventBytes(events))
  if (layout === 'switches' && switches !== undefined) writeCounted(writer, bitBytes(switches))
  if (layout === 'gates' && gates !== undefined) writeCounted(writer, gateBytes(gates), gates.length)
  if (layout === 'fixed-quantity' && isFixedQuantity !== undefined) writer.byte(isFixedQuantity ? ON : OFF)
}

function writeCounted(writer: ByteWriter, bytes: Uint8Array, count = bytes.length): void {
  if (count > 0xff) refuse(`expected a count of at most 255, got ${count}`)
  writer.byte(count)
  writer.put(bytes)
}
