import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Decimal } from '#protocols/decimal'
import { ProtocolError } from '#protocols/error'
import type { Splitter } from '#protocols/frames'
import { casPos, elicom, toledoContinuous, toledoContinuousSplitter, weightOf, xk3190 } from '#protocols/scales'

/** What a bad line does to one frame. */
type Fault =
  | { readonly kind: 'flip'; readonly bit: number }
  | { readonly kind: 'none' }
  | { readonly kind: 'cut'; readonly bytes: number }
const faults = fc.oneof<fc.Arbitrary<Fault>[]>(
  fc.constant<Fault>({ kind: 'none' }),
  fc.nat(1000).map((bit): Fault => ({ kind: 'flip', bit })),
  fc.nat(1000).map((bytes): Fault => ({ kind: 'cut', bytes })),
)

function spoilt(frame: Uint8Array, fault: Fault): Uint8Array {
  if (fault.kind === 'cut') return frame.slice(0, fault.bytes % frame.length)
  const bytes = Uint8Array.from(frame)
  if (fault.kind === 'none') return bytes
  const bit = fault.bit % (frame.length * 8)
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return bytes
}

/** What the splitter lets through the codec may still refuse. */
function orNone(read: () => Decimal | null): Decimal | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}

const grams = (max: number) => fc.integer({ min: 0, max })
const kilograms = (count: number) => weightOf({ value: new Decimal(count, 3), unit: 'kg', stable: true, mode: 'gross' })
const checked: readonly {
  readonly name: string
  readonly frameOf: (grams: number) => Uint8Array
  readonly open: () => Splitter<Uint8Array>
  readonly weighed: (frame: Uint8Array) => Decimal | null
  /** Whether a driver drops what is pending before it asks again. */
  readonly isAsked: boolean
}[] = [
  {
    name: 'xk3190',
    frameOf: (count) => xk3190.encode(kilograms(count)),
    open: xk3190.splitter,
    weighed: (frame) => xk3190.decode(frame).value,
    isAsked: false,
  },
  {
    name: 'toledo-continuous',
    frameOf: (count) =>
      toledoContinuous.encode({
        ...kilograms(count),
        tare: new Decimal(0),
        isPrinting: false,
        isPoweringUp: false,
        hasChecksum: true,
      }),
    open: () => toledoContinuousSplitter({ hasChecksum: true }),
    weighed: (frame) => toledoContinuous.decode(frame).value,
    isAsked: false,
  },
  {
    name: 'cas-pos',
    frameOf: (count) => casPos.encode(kilograms(count)),
    open: casPos.splitter,
    weighed: (frame) => {
      const message = casPos.decode(frame)
      return message.kind === 'weight' ? message.value : null
    },
    isAsked: false,
  },
  {
    name: 'elicom',
    frameOf: (count) => elicom.encode(kilograms(count)),
    open: elicom.splitter,
    weighed: (frame) => elicom.decode(frame).value,
    isAsked: true,
  },
]

test.each(checked)(
  '$name: a bad line never makes a weighing that was not sent, and loses no good one for long',
  ({ frameOf, open, weighed, isAsked }) => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(grams(99_999), faults), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 40 }),
        (sent, size) => {
          const splitter = open()
          const said = new Set(sent.map(([count]) => String(new Decimal(count, 3))))
          const heard: string[] = []
          const hear = (bytes: Uint8Array) => {
            for (let from = 0; from < bytes.length; from += size) {
              for (const frame of splitter.push(bytes.subarray(from, from + size))) {
                const value = orNone(() => weighed(frame))
                if (value) heard.push(String(value))
              }
            }
          }
          for (const [count, fault] of sent) {
            if (isAsked) splitter.reset()
            hear(spoilt(frameOf(count), fault))
          }
          for (const value of heard) expect(said).toContain(value)
          // Two good frames behind whatever came: the second is heard for certain.
          if (isAsked) splitter.reset()
          const last = frameOf(4321)
          hear(last)
          if (isAsked) splitter.reset()
          hear(last)
          expect(heard.at(-1)).toBe('4.321')
        },
      ),
      { numRuns: 500 },
    )
  },
)
