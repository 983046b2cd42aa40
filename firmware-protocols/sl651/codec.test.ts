import fc from 'fast-check'
import { expect, test } from 'vitest'
import { provesCodec, vectorsOf } from '#protocols/proof'
import { elementInfo, SL651_PENDING_BYTES_MAX, sl651, sl651Element, sl651Splitter } from '#protocols/sl651'

const frames = vectorsOf('sl651').flatMap(({ error, facts, hex }) => (error || facts || hex === undefined ? [] : [hex]))

const digits = (count: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: count, maxLength: count }).map((each) => each.join(''))
/** Those with a number: neither the time step nor the status word. */
const leaders = Array.from({ length: 0x75 }, (_, index) => index + 1).filter((leader) => leader !== 0x04 && leader !== 0x45)
const number = fc.record({
  leader: fc.constantFrom(...leaders),
  count: fc.integer({ min: -9_999_999, max: 9_999_999 }),
  isMissing: fc.boolean(),
})
const idOf = (leader: number): string => elementInfo(leader)?.id ?? ''
const rain = fc.array(fc.option(fc.integer({ min: 0, max: 254 }).map((count) => count / 10)), { minLength: 12, maxLength: 12 })
const stage = fc.array(fc.option(fc.integer({ min: 0, max: 65_534 }).map((count) => count / 100)), {
  minLength: 12,
  maxLength: 12,
})
const at = fc.option(digits(10), { nil: undefined })

const seenAt = (element: object, time: string | undefined): object => (time === undefined ? element : { ...element, at: time })

/** Whole reports; the time of their elements changes anywhere, or is never said. */
const reports = (encoding: 'hex' | 'ascii'): fc.Arbitrary<object> => {
  const said = encoding === 'hex' ? { def: '2B' } : { decimals: 3 }
  const numbers = fc.array(
    number.map(({ leader, count, isMissing }) =>
      isMissing
        ? { id: idOf(leader), ...(encoding === 'hex' && said), value: null }
        : { id: idOf(leader), ...said, value: count / 1000 },
    ),
    { minLength: 1, maxLength: 9 },
  )
  const series = fc.tuple(rain, stage).map(([mm, m]) => [
    { id: 'F4', values: mm },
    { id: 'F5', values: m },
  ])
  const timed = fc.tuple(at, at, series, numbers).map(([first, second, ahead, behind]) => {
    const then = first === undefined ? undefined : (second ?? first)
    return [...ahead.map((element) => seenAt(element, first)), ...behind.map((element) => seenAt(element, then))]
  })
  return fc.record({
    encoding: fc.constant(encoding),
    direction: fc.constant('up'),
    centre: fc.integer({ min: 0, max: 255 }),
    station: digits(10),
    password: digits(4),
    function: fc.constantFrom('30', '32', '33', '34', '37', '3A', '44'),
    end: fc.constantFrom('ETX', 'ETB'),
    serial: fc.integer({ min: 0, max: 65_535 }),
    sendTime: digits(12),
    bodyStation: digits(10),
    class: fc.constantFrom('P', 'H', 'K', 'Z', 'D', 'T', 'M', 'G', 'Q', 'I', 'O'),
    elements: timed,
  })
}

provesCodec({
  codec: sl651,
  values: fc.oneof(reports('hex'), reports('ascii')),
  frames,
  isChecked: true,
  splitter: sl651Splitter,
  pendingMax: SL651_PENDING_BYTES_MAX,
})

provesCodec({
  codec: sl651Element,
  frames: [
    ...vectorsOf('sl651-element').map(({ hex = '' }) => hex),
    'F1F10012345678',
    '0219FF0266',
    '452000000400',
    'FF0619000019',
  ],
  isChecked: false,
})

test.each<[string, string]>([
  ['', 'truncated'],
  ['F0F1', 'unsupported'],
  ['7A0831', 'unsupported'],
  ['F202', 'unsupported'],
  ['38121207FF', 'malformed'],
  ['F0F0200222222200', 'malformed'],
  ['FF06', 'truncated'],
  ['F2', 'truncated'],
])('the element "%s" is %s', (hex, code) => {
  expect(() => sl651Element.decode(Buffer.from(hex, 'hex'))).toThrow(expect.objectContaining({ code }))
})

test.each<[string, object]>([
  ['452000000040', { id: '45', hex: '00000040', status: { cabinetDoor: 'open' } }],
  ['FF0619000019', { id: 'FF06', value: 1.9 }],
  ['F2F2CBAE', { id: 'F2', text: '水' }],
  ['FDF601', { id: 'FD', hex: '01' }],
])('the element %s comes back', (hex, said) => {
  const { value, fields } = sl651Element.decode(Buffer.from(hex, 'hex'))
  expect(JSON.parse(JSON.stringify(value))).toMatchObject(said)
  expect(fields).toHaveLength(1)
  expect(
    Buffer.from(sl651Element.encode?.(JSON.parse(JSON.stringify(value))) ?? [])
      .toString('hex')
      .toUpperCase(),
  ).toBe(hex)
})

test('what would not be read as one element is not written as one', () => {
  expect(() => sl651Element.encode?.({ id: '7A', def: '08', value: 31 })).toThrow(expect.objectContaining({ code: 'malformed' }))
})
