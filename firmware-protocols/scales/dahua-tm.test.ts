import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesOf, provesCodec, provesVectors, vectorsOf } from '#protocols/proof'
import { type DahuaTm, dahuaTm, dahuaTmRows, dahuaTmWith } from '#protocols/scales'

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
const hex = (text: string) => Buffer.from(text, 'latin1').toString('hex')
const refusal = (code: string) => expect.objectContaining({ code })
const vectors = vectorsOf(dahuaTm.codec.name)
const keys = Array.from({ length: 35 }, (_, key) => String(key + 1).padStart(4, '0')).join('')

/** Any commodity with names of the given letters. */
function plus(letters: string): fc.Arbitrary<object> {
  const upTo = (max: number) => fc.integer({ min: 0, max })
  const name = fc.string({ unit: fc.constantFrom(...letters), maxLength: 33 })
  const stretch = fc.record({ from: upTo(23), to: upTo(24), discount: upTo(99) })
  const figures = (length: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: length, maxLength: length })
  return fc.record({
    kind: fc.constant('plu'),
    toScale: fc.boolean(),
    plu: fc.integer({ min: 1, max: 4000 }),
    code: figures(7),
    price: upTo(999_999),
    mode: fc.constantFrom('weighed', 'pieces', 'fixed'),
    adverts: fc.tuple(upTo(99), upTo(99), upTo(99)),
    shelfDays: upTo(999),
    prefix: figures(2),
    department: upTo(99),
    longCode: figures(13),
    tareG: upTo(99_999),
    label: upTo(15),
    discountMode: upTo(2),
    hours: fc.tuple(stretch, stretch, stretch, stretch),
    name,
    note1: name,
    note2: name,
  })
}

const answers = ['0l00a\r\n\x03', '0ha\n\r\n\x03', '0e0001ac\r\n\x03', '0v\r\n\x03'].map(hex)
const read = hex('0u0001A0228100000011000000000803000000000000000000000000000000000000000000000000BCDE\r\n\x03')
describe('dahua-tm-label-scale', () => provesVectors(dahuaTm.codec))
provesCodec({
  codec: dahuaTm.codec,

  values: plus('ab1 $~'),
  frames: [
    ...vectors.map((vector) => Buffer.from(bytesOf(vector)).toString('hex')),
    hex('!0U0001A\r\n'),
    hex('!0HA\r\n'),
    hex(`!0L00A${keys}\r\n`),
    hex(`!0L01A${keys}B\r\n`),
  ],
  isChecked: false,
  splitter: dahuaTm.commandSplitter,
  pendingMax: 512,
  resync: '0a',
})
provesCodec({
  codec: dahuaTm.codec,
  frames: [read, ...answers],
  isChecked: false,
  splitter: dahuaTm.splitter,
  pendingMax: 512,
  resync: hex('\r\n\x03'),
})
provesCodec({
  codec: dahuaTmRows.codec,
  values: plus('五花肉猪ab1,$ '),
  frames: [
    hex(
      '!0V0001A2281080002000000000000803000000000000000000000000000000000000000000000000B186642525027C186642525028D186642525028E\r\n',
    ),
    ...answers,
  ],
  isChecked: false,
})

test.each(vectors)('$name says what the maker’s program put into it', ({ facts, ...vector }) => {
  const message = dahuaTm.decode(bytesOf(vector))
  if (message.kind !== 'plu') throw new Error(`expected a PLU, got ${message.kind}`)
  const line = Buffer.from(bytesOf(vector)).toString()
  const pair = (number: number) => String(number).padStart(2, '0')
  expect({
    plu: message.plu,
    code7: message.code,
    price6: String(message.price).padStart(6, '0'),
    mode1: String(['weighed', 'pieces', 'fixed'].indexOf(message.mode)),
    adv: message.adverts.map(pair),
    shelfDays3: String(message.shelfDays).padStart(3, '0'),
    prefix2: message.prefix,
    tail: [
      pair(message.department),
      message.longCode,
      String(message.tareG).padStart(5, '0'),
      pair(message.label),
      pair(message.discountMode),
      ...message.hours.flatMap(({ from, to, discount }) => [from, to, discount].map(pair)),
    ].join(''),
    numericLen: line.indexOf('B') - line.indexOf('A') - 1,
    name: message.name,
    note1: [...message.note1].map((letter) => letter.charCodeAt(0)).join(''),
    note2: [...message.note2].map((letter) => letter.charCodeAt(0)).join(''),
  }).toEqual(facts)
})

test('hours carry a discount each, as in the maker’s third line', () => {
  expect(dahuaTm.decode(bytesOf(vectors[2] ?? { name: '', protocol: '', source: '' }))).toMatchObject({
    hours: [
      { from: 0, to: 6, discount: 10 },
      { from: 7, to: 12, discount: 40 },
      { from: 13, to: 18, discount: 20 },
      { from: 19, to: 23, discount: 30 },
    ],
  })
})

/** The first vector with another name, as the scale reads it. */
const named = (scale: DahuaTm, name: string, isTerminated = false) => {
  const plu = dahuaTm.decode(bytesOf(vectors[0] ?? { name: '', protocol: '', source: '' }))
  if (plu.kind !== 'plu') throw new Error('expected a PLU')
  return Buffer.from(scale.encode({ ...plu, name, isTerminated })).toString('latin1')
}

test('names in rows and cells are GB 2312, ASCII among them full-width', () => {
  expect(named(dahuaTmRows, '测试一')).toContain('B186642525027C')
  expect(named(dahuaTmRows, 'A 1')).toContain('B033301010317C')
  expect(dahuaTmRows.decode(latin1(named(dahuaTmRows, '上海 A-1')))).toMatchObject({ name: '上海 A-1' })
})

test('names in triplets are bytes of the charset of the scale', () => {
  expect(named(dahuaTm, '肉')).toContain('B200226C')
  const russian = dahuaTmWith('triplets', 'win1251')
  expect(named(russian, 'Сыр')).toContain('B209251240C')
  expect(russian.decode(latin1(named(russian, 'Сыр')))).toMatchObject({ name: 'Сыр' })
})

test('names may end in the byte 0, and come back with it', () => {
  const line = named(dahuaTm, 'x', true)
  expect(line).toContain('B120000C000D000E')
  const plu = dahuaTm.decode(latin1(line))
  expect(plu).toMatchObject({ name: 'x', isTerminated: true })
  expect(Buffer.from(dahuaTm.codec.encode?.(plu) ?? []).toString('latin1')).toBe(line)
})

test.each([
  [dahuaTmRows, '~'],
  [dahuaTmRows, '镕'],
  [dahuaTmRows, '𠮷'],
  [dahuaTmRows, '€'],
  [dahuaTmWith('triplets', 'win1251'), '肉'],
  [dahuaTm, '\0'],
])('a name that the scale cannot write is refused', (scale, name) => {
  expect(() => named(scale, name)).toThrow('expected a name in')
})

test('a name that does not fit is refused', () => {
  expect(() => named(dahuaTm, '肉'.repeat(23))).toThrow('expected a name of at most 132 digits, got 138')
})

test.each([
  [dahuaTm, '12'],
  [dahuaTm, '256'],
  [dahuaTm, '129255'],
  [dahuaTmRows, '0100'],
  [dahuaTmRows, '166'],
  [dahuaTmRows, '9595'],
  [dahuaTmRows, '0894'],
])('digits that are no name are malformed', (scale, digits) => {
  const line = named(dahuaTm, 'x').replace('B120C', `B${digits}C`)
  expect(() => scale.decode(latin1(line))).toThrow(refusal('malformed'))
})

test.each(['!0V0001A02281\r\n', '!0L00A0001\r\n', '!1HA\r\n', '!0hA\r\n', '0H\r\n\x03', 'ok\r\n\x03'])(
  '%j is malformed',
  (line) => {
    expect(() => dahuaTm.decode(latin1(line))).toThrow(refusal('malformed'))
  },
)

test('answers come with either end', () => {
  expect(dahuaTm.decode(latin1('0l00a\r\r\n'))).toMatchObject({ kind: 'answer', command: 'l', ok: true, text: '00a' })
  expect(
    dahuaTm
      .splitter()
      .push(latin1('0l00a\r\r\n0v\r\n\x030u'))
      .map((frame) => frame.length),
  ).toEqual([8, 5])
})

test('tells the end of the records', () => {
  expect(dahuaTm.decode(latin1('0e0001ac\r\n\x03'))).toMatchObject({ isEnd: true })
  expect(dahuaTm.decode(latin1('0l0001ac\r\n\x03'))).not.toHaveProperty('isEnd')
})

test('a page of keys names 35 commodities', () => {
  expect(dahuaTm.decode(latin1(`!0L02A${keys}B\r\n`))).toMatchObject({
    kind: 'keys',
    page: 2,
    isMarked: true,
    plus: expect.arrayContaining([1, 35]),
  })
  expect(() => dahuaTm.codec.encode?.({ kind: 'keys', page: 0, plus: [1] })).toThrow(refusal('malformed'))
})

test.each([{ price: 1_000_000 }, { price: 1.5 }, { code: '123' }, { prefix: 'ab' }, { tareG: -1 }])(
  'a part out of its width is refused: %j',
  (part) => {
    const plu = dahuaTm.decode(bytesOf(vectors[0] ?? { name: '', protocol: '', source: '' }))
    if (plu.kind !== 'plu') throw new Error('expected a PLU')
    expect(() => dahuaTm.encode({ ...plu, ...part })).toThrow(RangeError)
  },
)
