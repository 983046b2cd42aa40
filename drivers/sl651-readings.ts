import type { PointValue, Reading, Sl651Profile } from '#devices'
import type { Decimal } from '#protocols/decimal'
import { type Element, type Message, stationTime } from '#protocols/sl651'
import type { DeviceTime } from './device-time.ts'
import { countOfDecimal } from './point-decimal.ts'

type Points = Sl651Profile['sl651']['points']
type Point = Points[string]

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** Rain and relative stages: twelve values of five minutes, whatever the step of the series. */
const FIVE_MINUTES = /^F[4-9A-C]$/

/**
 * The readings of the elements that are named as points. A series becomes a reading a step, the first at the observation time; an element that the
 * message gives no observation time was observed when it was sent.
 */
export function sl651Readings(
  device: string,
  points: Points,
  { timeStep, sendTime = '' }: Pick<Message, 'timeStep' | 'sendTime'>,
  elements: readonly Element[],
  time: DeviceTime,
): Reading[] {
  const named = Object.entries(points)
  return elements.flatMap((element) => {
    const observedAt = stationTime(element.at ?? sendTime)
    return named
      .filter(([, point]) => point.element === element.id)
      .flatMap(([name, point]) => {
        const values = valuesOf(element, point)
        const stepMs = FIVE_MINUTES.test(element.id) ? 5 * MINUTE_MS : stepOf(timeStep)
        // Of a series without a time the last value is the newest.
        const first = observedAt ?? time.at(null) - stepMs * (values.length - 1)
        return values.map(
          (value, index): Reading => ({ device, point: name, at: time.at(first + stepMs * index), ...time.judged(value) }),
        )
      })
  })
}

function valuesOf({ value, values, hex, text }: Element, point: Point): PointValue[] {
  if (point.bit !== undefined) return [bitOf(hex ?? text, point.bit)]
  if (values !== undefined) return values.map((each) => countOf(each, point))
  // Digits that are none, or characters in their place.
  return [value === undefined ? MALFORMED : countOf(value, point)]
}

function countOf(value: Decimal | null, { decimals, range }: Point): PointValue {
  return countOfDecimal(value, { decimals, range })
}

/** A bit of the status word, which HEX frames say in bytes and ASCII frames in hex digits. */
function bitOf(word: string | undefined, bit: number): PointValue {
  if (word === undefined || !/^[0-9A-Fa-f]{1,8}$/.test(word)) return MALFORMED
  return { value: (Number.parseInt(word, 16) >>> bit) % 2 === 1, quality: 'good' }
}

/** Days, hours, minutes; 000000 stands for groups of one hour. */
function stepOf(timeStep = '000000'): number {
  const [days = 0, hours = 0, minutes = 0] = [0, 2, 4].map((at) => Number(timeStep.slice(at, at + 2)))
  return ((days * 24 + hours) * 60 + minutes) * MINUTE_MS || HOUR_MS
}

const MALFORMED: PointValue = { value: null, quality: 'bad', reason: 'malformed' }
