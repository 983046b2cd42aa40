import type { ByteWriter } from './byte-writer.ts'
import { STATION, TIME, TIME_STEP, TIME_STEP_DEFINITION } from './element.ts'
import { writeElement } from './hex-element.ts'
import { refuse, setHex } from './hex-text.ts'
import { type PartWriter, writeMarked } from './marks.ts'
import type { MessageInput } from './message.ts'
import { byteOfClass } from './station-class.ts'

/** A leader twice, and the five bytes of a time or a station. */
export const MARK_BYTES = 7
export const TIME_STEP_BYTES = 5

/** @throws ProtocolError `malformed` for other than ten hex digits */
export function writeMark(writer: ByteWriter, leader: number, digits: string): void {
  if (digits.length !== 10) refuse(`expected ten digits, got "${digits}"`)
  const at = writer.reserve(MARK_BYTES)
  writer.bytes[at] = leader
  writer.bytes[at + 1] = leader
  setHex(writer.bytes, at + 2, digits)
}

/** @throws ProtocolError `malformed` for other than six hex digits */
export function writeTimeStep(writer: ByteWriter, digits: string): void {
  if (digits.length !== 6) refuse(`expected a time step of six digits, got "${digits}"`)
  const at = writer.reserve(TIME_STEP_BYTES)
  writer.bytes[at] = TIME_STEP
  writer.bytes[at + 1] = TIME_STEP_DEFINITION
  setHex(writer.bytes, at + 2, digits)
}

/** The inverse of `readHexElements`. */
export function writeHexElements(writer: ByteWriter, message: MessageInput, hasClass: boolean): void {
  const isSeries = message.timeStep !== undefined
  const parts: PartWriter = {
    station(digits, stationClass) {
      writeMark(writer, STATION, digits)
      if (hasClass && stationClass !== undefined) writer.byte(byteOfClass(stationClass))
    },
    time: (digits) => writeMark(writer, TIME, digits),
    timeStep: (digits) => writeTimeStep(writer, digits),
    element: (element) => writeElement(writer, element, isSeries),
  }
  writeMarked(parts, message)
}
