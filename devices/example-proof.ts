import { decimalOf, powerOfTen } from './decimal.ts'
import { decodePoint, imageOf, type PointValue, pointWidth } from './modbus-point.ts'
import type { ModbusProfile, Point } from './modbus-profile.ts'
import { judgedByStatus } from './point-status.ts'
import type { Value } from './reading/index.ts'

/** An example that its own profile does not bear out. */
export interface ExampleFault {
  /** Counted from 0. */
  readonly example: number
  readonly point: string
  readonly message: string
}

/** Decodes every example of a profile as a gateway would, and says where the outcome is another than the one told. */
export function exampleFaults(profile: ModbusProfile): ExampleFault[] {
  const { points } = profile.modbus
  return profile.examples.flatMap((example, index) => {
    const image = imageOf(example)
    return Object.entries(example.readings).flatMap(([name, told]): ExampleFault[] => {
      const point = Object.hasOwn(points, name) ? points[name] : undefined
      const wrong = (message: string) => [{ example: index, point: name, message }]
      if (point === undefined) return wrong('expected the name of a point above, got an unknown one')
      const own = valueIn(image, point)
      if (typeof own === 'string') return wrong(own)
      const others = new Map<string, PointValue>()
      for (const { point: statusName } of point.status ?? []) {
        const status = points[statusName]
        const said = status && valueIn(image, status)
        if (typeof said === 'string') return wrong(said)
        if (said) others.set(statusName, said)
      }
      const { value } = judgedByStatus(point, own, others)
      const wanted = countOf(point, told)
      return value === wanted ? [] : wrong(`expected what its registers say, ${shown(point, value)}, got ${JSON.stringify(told)}`)
    })
  })
}

/** What a point says in an example, or what the example would have to hold for that. */
function valueIn(image: ReturnType<typeof imageOf>, point: Point): PointValue | string {
  const addresses = Array.from({ length: pointWidth(point) }, (_, offset) => point.address + offset)
  const missing = addresses.find((address) => !image[point.table].has(address))
  if (missing !== undefined) return `expected the example to hold ${point.table} ${missing}, got none`
  return decodePoint(
    point,
    addresses.map((address) => Number(image[point.table].get(address))),
  )
}

/** An example's number, which is in the unit, as the count that a reading holds; not whole where it has too many decimals. */
function countOf({ decimals }: Point, told: number | boolean | null): Value {
  if (typeof told !== 'number') return told
  const { digits, exponent } = decimalOf(told)
  const shift = exponent + decimals
  return shift >= 0 ? Number(digits * powerOfTen(shift)) : Number(digits) / 10 ** -shift
}

function shown({ decimals }: Point, value: Value): string {
  return typeof value === 'number' ? (value / 10 ** decimals).toFixed(decimals) : JSON.stringify(value)
}
