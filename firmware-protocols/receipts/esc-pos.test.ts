import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesOf, provesCodec, provesVectors, vectorsOf } from '#protocols/proof'
import { COMMAND_BYTES_MAX, type Command } from './command.ts'
import { BARE, namesOf, OF_BYTE, OF_BYTES, OF_DOTS, OF_SIGNED_DOTS } from './command-tables.ts'
import { decodeEscPos, encodeEscPos, escPosSplitter, JOB_BYTES_MAX } from './esc-pos.ts'
import { escPos } from './esc-pos-codec.ts'

const vectors = vectorsOf('esc-pos')
const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const read = (text: string): readonly Command[] => decodeEscPos(hex(text)).commands
const namesRead = (text: string) => read(text).map(({ name }) => name)
const written = (...commands: object[]) => escPos.encode?.({ commands })

const byte = fc.integer({ min: 0, max: 255 })
const word = fc.integer({ min: 0, max: 0xffff })
const bytesHex = (max: number) => fc.uint8Array({ maxLength: max }).map(hexOf)
const named = <K extends string>(names: readonly K[]) => fc.constantFrom(...names)
const printed = fc.stringMatching(/^[ -~追溯码西红柿￥（）]{1,30}$/)

/** Commands that may follow each other in any order: text never follows text, and no mode is left. */
const commands = fc.oneof(
  fc.record({ name: named(namesOf(BARE).filter((name) => name !== 'kanji-off')) }),
  fc.record({ name: named(namesOf(OF_BYTE)), n: byte }),
  fc.record({ name: named(namesOf(OF_BYTES)), n: byte, m: byte }),
  fc.record({ name: named(namesOf(OF_DOTS)), dots: word }),
  fc.record({ name: named(namesOf(OF_SIGNED_DOTS)), dots: fc.integer({ min: -0x8000, max: 0x7fff }) }),
  fc.record({ name: fc.constant('status-request'), n: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ name: fc.constant('status-request'), n: fc.constantFrom(7, 8, 18), a: byte }),
  fc.record({
    name: fc.constant('real-time'),
    function: fc.constant(1),
    parameters: fc.array(byte, { minLength: 2, maxLength: 2 }),
  }),
  fc.record({ name: fc.constant('drawer'), m: byte, on_ms: byte.map((n) => n * 2), off_ms: byte.map((n) => n * 2) }),
  fc.record({ name: fc.constant('cut'), m: fc.constantFrom(0, 1, 48, 49) }),
  fc.record({ name: fc.constant('cut'), m: fc.constantFrom(65, 66, 97, 98, 103, 104), n: byte }),
  fc.record({ name: fc.constant('tabs'), columns: fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 32 }) }),
  fc.uint8Array({ maxLength: 40 }).map((data) => ({ name: 'bit-image', m: 1, width: data.length, data: hexOf(data) })),
  fc.uint8Array({ maxLength: 40 }).map((data) => ({ name: 'raster', m: 0, widthBytes: data.length, rows: 1, data: hexOf(data) })),
  fc.record({ name: fc.constant('barcode'), type: fc.integer({ min: 0, max: 6 }), data: fc.stringMatching(/^\d{0,20}$/) }),
  fc.record({
    name: fc.constant('barcode'),
    type: fc.integer({ min: 65, max: 79 }),
    data: fc.uint8Array({ maxLength: 20 }).map((data) => Buffer.from(data).toString('latin1')),
  }),
  fc.record({ name: fc.constant('qr-model'), model: fc.constantFrom(1, 2) }),
  fc.record({ name: fc.constant('qr-size'), size: byte }),
  fc.record({ name: fc.constant('qr-level'), ec: fc.constantFrom('L', 'M', 'Q', 'H') }),
  fc.record({ name: fc.constant('qr-data'), data: printed }),
  fc.record({
    name: fc.constant('extended'),
    family: fc.constantFrom('ESC', 'FS', 'GS'),
    letter: fc.constant('L'),
    data: bytesHex(20),
  }),
  fc.constant({ name: 'qr-print' }),
)
const lists = fc.array(fc.tuple(commands, fc.option(printed)), { maxLength: 12, minLength: 1 }).map((pairs) => ({
  commands: pairs.flatMap(([command, text]) => [...(text === null ? [] : [{ name: 'text', text }]), command]),
}))

provesVectors(escPos)
provesCodec({
  codec: escPos,
  values: lists,
  frames: [...vectors.map(({ hex = '' }) => hex).filter((frame) => frame !== 'A3A4'), 'A3A40A'],
  // The start of a job is a job.
  cut: 'any',
  isChecked: false,
  splitter: escPosSplitter,
  pendingMax: COMMAND_BYTES_MAX,
})

test.each(vectors.filter(({ facts }) => facts && 'model' in facts))('$name', (vector) => {
  const { model, size, ec, data } = vector.facts ?? {}
  expect(decodeEscPos(bytesOf(vector)).commands).toEqual([
    { name: 'qr-model', model },
    { name: 'qr-size', size },
    { name: 'qr-level', ec },
    { name: 'qr-data', data },
    { name: 'qr-print' },
  ])
})

test.each(vectors.filter(({ facts }) => facts && 'type' in facts))('$name', (vector) => {
  expect(decodeEscPos(bytesOf(vector)).commands.at(-1)).toMatchObject({ name: 'barcode', ...vector.facts })
})

test.each(vectors.filter(({ facts }) => facts && 'on_ms' in facts))('$name', (vector) => {
  expect(decodeEscPos(bytesOf(vector)).commands).toEqual([{ name: 'drawer', m: 0, ...vector.facts }])
})

test.each(vectors.filter(({ facts }) => facts && 'text' in facts))('$name', (vector) => {
  expect(decodeEscPos(bytesOf(vector)).text).toBe(vector.facts?.text)
})

test.each([
  ['1B61 00 1B61 31 1B61 02 1B61 03', ['left', 'center', 'right', 'unknown'], 'align'],
  ['1B45 01 1B45 00 1B47 FF 1D42 02', [true, false, true, false], 'on'],
  ['1B2D 02 1B2D 30 1C2D 01', [true, false, true], 'on'],
  ['1D21 00 1D21 12 1D21 77', [1, 2, 8], 'width'],
  ['1D21 00 1D21 12 1D21 77', [1, 3, 8], 'height'],
  ['1D5600 1D5601 1D564108 1D564208', ['full', 'partial', 'full', 'partial'], 'cut'],
  ['1B5C FEFF 1B24 FEFF', [-2, 65534], 'dots'],
  ['1D6B 00 31 00 1D6B 43 01 31', ['upc-a', 'ean-13'], 'symbology'],
])('%s is told in words', (bytes, words, key) => {
  expect(read(bytes).map((command) => Object.entries(command).find(([name]) => name === key)?.[1])).toEqual(words)
})

test('images are read by the size that they say', () => {
  expect(read('1B2A 21 0200 010203040506 1D7630 00 0200 0300 A1A2A3A4A5A6 0A')).toEqual([
    { name: 'bit-image', m: 33, width: 2, data: '010203040506' },
    { name: 'raster', m: 0, widthBytes: 2, rows: 3, data: 'a1a2a3a4a5a6' },
    { name: 'line-feed' },
  ])
})

test('what is only carried has the length that it says', () => {
  const job = `1B57 0102030405060708 1C32 A1A1${'00'.repeat(72)}1D5E 010101 1D384C 02000000 3070 1D2A 0101${'00'.repeat(8)}`
  const characters = '1B26 03 41 42 01 010203 00'
  expect(namesRead(job + characters)).toEqual(Array(6).fill('opaque'))
  expect(hexOf(encodeEscPos(read(job + characters)))).toBe((job + characters).replaceAll(' ', '').toLowerCase())
})

test('functions of GS ( k that are not in the usual spelling of QR keep their bytes', () => {
  const job = ['304100', '31413300', '31413201', '31433030', '314534', '315131', '31503130', '3143', '', '315031'].map(
    (data) => `1d286b${(data.length / 2).toString(16).padStart(2, '0')}00${data}`,
  )
  expect(read(job.join('')).map(({ name }) => name)).toEqual(job.map(() => 'extended'))
  expect(hexOf(encodeEscPos(read(job.join(''))))).toBe(job.join(''))
})

test('QR data that is no UTF-8 keeps its bytes', () => {
  expect(read('1D286B 0500 315030 D7FF')).toEqual([{ name: 'qr-data', hex: 'd7ff' }])
  expect(hexOf(encodeEscPos(read('1D286B 0500 315030 D7FF')))).toBe('1d286b0500315030d7ff')
})

test('text is read in the mode that holds: Kanji at first, then as FS and ESC t say', () => {
  const said = (bytes: string) => read(bytes).flatMap((command) => (command.name === 'text' ? [command.text] : []))
  expect(said('D7B7 1C2E D7B7 1C26 D7B7')).toEqual(['追', '╫╖', '追'])
  expect(said('1C2E 1B7410 D7B7 1B40 D7B7')).toEqual(['×·', '追'])
  expect(said('1C2E 1B7402 E9 1B74FF 41E9')).toEqual(['Ú', 'A�'])
})

test('text that does not give its bytes again keeps them', () => {
  for (const bytes of ['1c2e1b74ff41e90a', 'd70a', '8130ff410a', '81300a', '81308130', 'ff410a', '813081300a'])
    expect(hexOf(encodeEscPos(read(bytes)))).toBe(bytes)
  expect(read('41D7 0A')[0]).toEqual({ name: 'text', text: 'A�', hex: '41d7' })
})

test('a four-byte character is one character', () => {
  expect(decodeEscPos(hex('81308436')).text).toBe('\u00a5')
})

test('the text is what is legible on the paper', () => {
  expect(decodeEscPos(hex('1B40 41 09 42 0D0A 43 1B6402 44 1B4A10 45 0C 46 1B0C 1D56 00')).text).toBe('A\tB\nC\n\nD\nE\nF\n')
})

test('a long text is cut between characters', () => {
  const splitter = escPosSplitter()
  const got = splitter.push(new Uint8Array([...Buffer.from('a'), ...Array(600).fill([0xd7, 0xb7]).flat(), 0x0a]))
  expect(got.map((command) => (command.name === 'text' ? command.text.length : command.name))).toEqual([512, 89, 'line-feed'])
})

test('a stream gives each command when it is complete, and drops what is none', () => {
  const splitter = escPosSplitter()
  expect(splitter.push(hex('1B'))).toEqual([])
  expect(splitter.push(hex('40 D7'))).toEqual([{ name: 'initialize' }])
  expect(splitter.push(hex('B7 0A'))).toEqual([{ name: 'text', text: '追' }, { name: 'line-feed' }])
  expect(splitter.push(hex('1BFF 0A')).map(({ name }) => name)).toEqual(['text', 'line-feed'])
  expect(splitter.droppedBytes).toBe(1)
})

test.each([
  ['nothing', '', 'truncated'],
  ['half a command', '41 1B', 'truncated'],
  ...[
    '1004',
    '1014',
    '1D56',
    '1B44 01',
    '1B2A',
    '1B2A 21 01',
    '1D7630 00',
    '1D6B',
    '1D6B 02 31',
    '1D6B 49',
    '1D28',
    '1D286B 01',
  ].map((start) => ['half of', start, 'truncated']),
  ...['1D384C 01', '1D2A 01', '1B26 03', '1B26 03 41 41', '1D6B 49 02 31', '1B63', '1D286B 0200 01'].map((start) => [
    'half of',
    start,
    'truncated',
  ]),
  ['an unknown command', '41 1B FF', 'unsupported'],
  ['an unknown control character', '01', 'unsupported'],
  ['an unknown status', '1004 09', 'unsupported'],
  ['an unknown cut', '1D56 02', 'unsupported'],
  ['an unknown bar code', '1D6B 07 31 00', 'unsupported'],
  ['an unknown family', '1D28 00 0000', 'unsupported'],
  ['an unknown image', '1B2A 05 0000', 'unsupported'],
  ['tabs without an end', `1B44${'01'.repeat(40)}`, 'unsupported'],
  ['characters of no size', '1B26 09 4141', 'unsupported'],
  ['an image beyond all paper', '1D7630 00 FFFF FFFF', 'unsupported'],
])('%s is refused (%s)', (_, bytes, code) => {
  expect(() => decodeEscPos(hex(bytes ?? ''))).toThrow(expect.objectContaining({ code }))
})

test('the refusal says where', () => {
  expect(() => decodeEscPos(hex('41 0A 1BFF'))).toThrow(/at byte 2, got 1bff/)
  expect(() => decodeEscPos(hex('41 0A 1B'))).toThrow(/at byte 2, 1b/)
})

test('a job beyond its limit is malformed', () => {
  expect(() => decodeEscPos(new Uint8Array(JOB_BYTES_MAX + 1))).toThrow(expect.objectContaining({ code: 'malformed' }))
})

test.each([
  ['a command without a name that is known', { name: 'dance' }, /commands\/0\/name, got dance/],
  ['a byte that is none', { name: 'align', n: 256 }, /commands\/0\/n/],
  ['text with a command in it', { name: 'text', text: 'a\u001b@' }, /commands\/0: .*control/],
  ['a character that the page lacks', { name: 'text', text: '\ud800' }, /GB 18030/],
  ['an image that is not of its size', { name: 'raster', m: 0, widthBytes: 2, rows: 2, data: '00' }, /one command raster/],
  ['a cut that no printer knows', { name: 'cut', m: 9 }, /one command cut/],
  ['a status that none has', { name: 'status-request', n: 9 }, /one command status-request/],
  ['two commands for one', { name: 'opaque', hex: '1b401b40' }, /one command opaque/],
  ['an end inside a bar code', { name: 'barcode', type: 2, data: '12\u000034' }, /one command barcode/],
  [
    'an extended command beyond 16 bits',
    { name: 'extended', family: 'GS', letter: 'L', data: '00'.repeat(0x10000) },
    /65535 bytes/,
  ],
])('refuses to write %s', (_, command, message) => {
  expect(() => written(command)).toThrow(expect.objectContaining({ code: 'malformed', message: expect.stringMatching(message) }))
})

test('refuses Chinese outside Kanji mode', () => {
  expect(() => written({ name: 'kanji-off' }, { name: 'text', text: '追' })).toThrow(
    /commands\/1: expected characters of code page cp437/,
  )
})

test('a bug is not taken for a bad command', () => {
  const fail = () => {
    throw new TypeError('a bug')
  }
  expect(() => encodeEscPos([Object.defineProperty({ name: 'text' as const, text: '' }, 'text', { get: fail })])).toThrow(
    TypeError,
  )
})

test('what says nothing is not written', () => {
  for (const value of [
    { commands: [] },
    { commands: [{ name: 'text', text: '' }] },
    { commands: [{ name: 'text', text: 'a', hex: '' }] },
  ])
    expect(() => escPos.encode?.(value)).toThrow(expect.objectContaining({ code: 'malformed' }))
})
