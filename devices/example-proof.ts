import { decimalOf, powerOfTen } from './decimal.ts'
import { decodePoint, imageOf, pointWidth } from './modbus-point.ts'
import type { Point, Profile } from './profile.ts'
import type { Value } from './reading/index.ts'

/** An example that its own profile does not bear out. */
export interface ExampleFault {
  /** Counted from 0. */
  readonly example: number
  readonly point: string
  readonly message: string
}

/** Decodes every example of a profile as a gateway would, and says where the outcome is another than the one told. */
export function exampleFaults(profile: Profile): ExampleFault[] {
  return profile.examples.flatMap((example, index) => {
    const image = imageOf(example)
    return Object.entries(example.readings).flatMap(([name, told]): ExampleFault[] => {
      const point = Object.hasOwn(profile.modbus.points, name) ? profile.modbus.points[name] : undefined
      const wrong = (message: string) => [{ example: index, point: name, message }]
      if (point === undefined) return wrong('expected the name of a point above, got an unknown one')
      const addresses = Array.from({ length: pointWidth(point) }, (_, offset) => point.address + offset)
      const missing = addresses.find((address) => !image[point.table].has(address))
      if (missing !== undefined) return wrong(`expected the example to hold ${point.table} ${missing}, got none`)
      const { value } = decodePoint(
        point,
        addresses.map((address) => Number(image[point.table].get(address))),
      )
      const wanted = countOf(point, told)
      return value === wanted ? [] : wrong(`expected what its registers say, ${shown(point, value)}, got ${JSON.stringify(told)}`)
    })
  })
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
