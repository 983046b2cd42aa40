import type { ByteWriter } from './byte-writer.ts'
import { type ElementInput, STATION, TIME, TIME_STEP, TIME_STEP_DEFINITION } from './element.ts'
import { writeElement } from './hex-element.ts'
import { refuse, setHex } from './hex-text.ts'
import { byteOfClass, MARK_BYTES } from './hex-walk.ts'
import type { MessageInput } from './message.ts'

/** A leader twice, and ten digits behind it. @throws ProtocolError `malformed` for other than ten hex digits */
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
  const at = writer.reserve(5)
  writer.bytes[at] = TIME_STEP
  writer.bytes[at + 1] = TIME_STEP_DEFINITION
  setHex(writer.bytes, at + 2, digits)
}

/** The inverse of `ElementWalk`: elements, and a mark wherever the station or the time is another than that of the element before. */
export function writeElements(writer: ByteWriter, message: MessageInput, hasClass: boolean): void {
  const { bodyStation, elements = [], isTimeFirst, timeStep } = message
  let station = bodyStation
  let time: string | undefined
  const stationMark = (digits: string, stationClass: string | undefined): void => {
    writeMark(writer, STATION, digits)
    if (hasClass && stationClass !== undefined) writer.byte(byteOfClass(stationClass))
  }
  const timeMark = ({ at, again }: ElementInput): void => {
    if (at !== undefined && (at !== time || again === 'at')) writeMark(writer, TIME, at)
    time = at
  }
  if (isTimeFirst && elements[0]) timeMark(elements[0])
  if (bodyStation !== undefined) stationMark(bodyStation, message.class)
  elements.forEach((element, index) => {
    const own = element.station ?? bodyStation
    if (own !== undefined && (own !== station || element.again === 'station')) {
      time = undefined
      if (isTimeFirst) timeMark(element)
      stationMark(own, element.class ?? message.class)
      station = own
    }
    timeMark(element)
    if (index === 0 && timeStep !== undefined) writeTimeStep(writer, timeStep)
    writeElement(writer, element, timeStep !== undefined)
  })
}
