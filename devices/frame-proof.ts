import { ProtocolError } from '#protocols/error'
import { exampleCodec } from './example-codec.ts'
import type { ModbusProfile } from './modbus-profile.ts'
import { type Profile, protocolOf, sectionOf } from './profile.ts'
import { elementsOf, readElement } from './sl651-point.ts'

/** A model that is not read by Modbus: its examples are bytes. */
export type FrameProfile = Exclude<Profile, ModbusProfile>

/** Where in a model an example is not borne out by its codec. */
export interface FrameFault {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** Decodes every example of a model by its own codec, whose door alone is loaded, and says where the outcome is another than the one told. */
export async function frameFaults(profile: FrameProfile): Promise<FrameFault[]> {
  const codec = await exampleCodec(profile)
  if (codec === undefined)
    return [
      {
        path: [sectionOf(profile), 'protocol'],
        message: `expected a protocol with a codec, got "${protocolOf(profile)}", which has none yet`,
      },
    ]
  return profile.examples.flatMap((example, index): FrameFault[] => {
    const path = ['examples', index]
    const isHex = example.hex !== undefined
    let got: unknown
    try {
      got = plain(codec.decode(exampleBytes(example), example.side).value)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      return [{ path: [...path, isHex ? 'hex' : 'text'], message: `${error.code}: ${error.message}` }]
    }
    const told = example.decoded === undefined ? [] : differences(got, example.decoded, [...path, 'decoded'])
    return 'sl651' in profile && 'readings' in example
      ? [...told, ...readingFaults(profile, example.readings, got, [...path, 'readings'])]
      : told
  })
}

/** The bytes of an example. */
export function exampleBytes({ hex, text = '' }: { readonly hex?: string; readonly text?: string }): Uint8Array {
  return new Uint8Array(hex === undefined ? Buffer.from(text, 'latin1') : Buffer.from(hex.replaceAll(' ', ''), 'hex'))
}

/** As JSON holds it: a `Decimal` is a number there. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

function readingFaults(
  { sl651: { points } }: Extract<FrameProfile, { sl651: unknown }>,
  readings: Readonly<Record<string, number | boolean | null>>,
  got: unknown,
  path: FrameFault['path'],
): FrameFault[] {
  const elements = elementsOf(got)
  return Object.entries(readings).flatMap(([name, told]) => {
    const wrong = (message: string) => [{ path: [...path, name], message }]
    const point = Object.hasOwn(points, name) ? points[name] : undefined
    if (point === undefined) return wrong('expected the name of a point above, got an unknown one')
    const value = readElement(point, elements)
    if (value === undefined) return wrong(`expected the frame to hold element "${point.element}", got none`)
    return value === told ? [] : wrong(`expected what the frame says, ${JSON.stringify(value)}, got ${JSON.stringify(told)}`)
  })
}

/** Where `told` is not contained in `got`: objects may hold more than is told, lists may not. */
function differences(got: unknown, told: unknown, path: FrameFault['path']): FrameFault[] {
  if (Array.isArray(told) && Array.isArray(got) && told.length === got.length)
    return told.flatMap((each, index) => differences(got[index], each, [...path, index]))
  if (isObject(told) && isObject(got))
    return Object.entries(told).flatMap(([key, each]) => differences(got[key], each, [...path, key]))
  if (told === got) return []
  return [{ path, message: `expected what its codec says, ${shown(got)}, got ${shown(told)}` }]
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 200 ? `${text.slice(0, 197)}...` : text
}
