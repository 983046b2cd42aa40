import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc16 } from '#protocols/modbus'
import { provesCodec } from '#protocols/proof'
import {
  decodeTerminal,
  encodeTerminal,
  encodeTerminalFrame,
  KEY_ACTIONS,
  LAMP_COLOURS,
  RATING_OUTCOMES,
  readTerminal,
  TERMINAL_CHARSETS,
  TERMINAL_ERRORS,
  TERMINAL_FAULTS,
  TERMINAL_FEATURES,
  TERMINAL_FRAME_BYTES_MAX,
  TERMINAL_KINDS,
  TERMINAL_LAYOUTS,
  TERMINAL_STATES,
  terminal,
  terminalSplitter,
} from '#protocols/terminals'

// Table cells may be padded.
const page = readFileSync(new URL('../../docs/terminal-protocol.md', import.meta.url), 'utf8').replaceAll(/ +\|/g, ' |')
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))

/** The example frames of the specification and what it says of each. */
const examples = [...page.matchAll(/```frame\n([^`]+)```\n\n```json\n([^`]+)```/g)].map(([, hex = '', json = '']) => ({
  hex: hex.replaceAll(/\s/g, ''),
  said: JSON.parse(json),
}))
const layouts = Object.entries<{ code: number; parts: object }>(TERMINAL_LAYOUTS)
const sectionOf = (type: string) => page.split(/^#+ /m).find((section) => section.startsWith(`\`${type}\` (`)) ?? ''

test.each(examples)('the specification: $hex says what stands below it', ({ hex, said }) => {
  expect(decodeTerminal(bytes(hex))).toEqual(said)
  expect(
    Buffer.from(terminal.encode?.(said) ?? [])
      .toString('hex')
      .toUpperCase(),
  ).toBe(hex)
})

test('the specification has an example of every message', () => {
  expect(examples.map(({ said }) => said.type).sort()).toEqual(Object.keys(TERMINAL_LAYOUTS).sort())
})

test.each(layouts)('the specification names the type and the fields of %s as the code has them', (type, { code, parts }) => {
  const section = sectionOf(type)
  expect(section).toMatch(new RegExp(`^\`${type}\` \\(${code.toString(16).padStart(2, '0').toUpperCase()}\\)`))
  const rows = [...section.matchAll(/^\| [\dnm +]+ \| [\dnm +]+ \| `(\w+)` \|/gm)].map(([, field]) => field)
  expect(rows).toEqual(Object.keys(parts))
})

test.each([
  ['Kinds', TERMINAL_KINDS],
  ['Features', TERMINAL_FEATURES],
  ['Charsets', TERMINAL_CHARSETS],
  ['State', TERMINAL_STATES],
  ['Faults', TERMINAL_FAULTS],
  ['Colours', LAMP_COLOURS],
  ['Errors', TERMINAL_ERRORS],
])('the specification lists the %s as the code has them', (title, names) => {
  const section = page.split(/^### /m).find((part) => part.startsWith(`${title}\n`)) ?? ''
  expect([...section.matchAll(/^\| (\d+) \| `([^`]+)` \|/gm)].map(([, index, name]) => [Number(index), name])).toEqual([
    ...names.entries(),
  ])
})

test('the check value of the specification is that of the CRC', () => {
  const [, value = ''] = /`123456789` give `(\w{4})`/.exec(page) ?? []
  expect(crc16(new TextEncoder().encode('123456789'))).toBe(Number.parseInt(value, 16))
})

const u8 = fc.integer({ min: 0, max: 255 })
const u16 = fc.integer({ min: 0, max: 65535 })
const u32 = fc.integer({ min: 1, max: 2 ** 32 - 1 })
const text = (bytesMax: number) =>
  fc.string({ unit: 'binary', maxLength: Math.floor(bytesMax / 4) }).map((any) => any.replace(/\p{Cc}/gu, ''))
const some = (names: readonly string[]) => fc.subarray([...names])
const event = { number: fc.integer({ min: 1, max: 255 }), waiting: u8 }
const percent = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.constant(255))
const message = (type: string, fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record({ version: fc.constant(1), address: u8, sequence: u8, type: fc.constant(type), ...fields })

provesCodec({
  codec: terminal,
  values: fc.oneof(
    message('hello', {}),
    message('poll', { received: u8 }),
    message('show', { window: u16, seconds: u8, ticket: text(16), lines: fc.array(text(48), { maxLength: 4 }) }),
    message('call', { window: u16, ticket: text(16), repeat: fc.integer({ min: 1, max: 5 }), language: fc.constant('zh') }),
    message('brightness', { percent }),
    message('lamp', { lamp: fc.integer({ min: 1, max: 8 }), colour: fc.constantFrom(...LAMP_COLOURS), blink: u8, seconds: u8 }),
    message('buzzer', { count: fc.integer({ min: 1, max: 10 }), on: fc.integer({ min: 1, max: 255 }), off: u8 }),
    message('rate', { session: u32, seconds: fc.integer({ min: 5, max: 255 }), prompt: text(48) }),
    message('identity', {
      highest: fc.integer({ min: 1, max: 255 }),
      kind: fc.constantFrom(...TERMINAL_KINDS),
      features: some([...TERMINAL_FEATURES, 'bit 15']),
      charsets: some(TERMINAL_CHARSETS),
      lines: u8,
      columns: u8,
      boot: u16,
      serial: u32,
      model: text(24),
      firmware: text(16),
    }),
    message('state', {
      state: some(TERMINAL_STATES),
      faults: some(TERMINAL_FAULTS),
      uptime: u32,
      badFrames: u16,
      lostEvents: u16,
      brightness: percent,
    }),
    message('error', { code: fc.constantFrom(...TERMINAL_ERRORS), detail: u8 }),
    message('key', { ...event, key: fc.integer({ min: 1, max: 255 }), action: fc.constantFrom(...KEY_ACTIONS) }),
    message('rating', { ...event, session: u32, outcome: fc.constant('given'), grade: fc.integer({ min: 1, max: 5 }) }),
    message('rating', { ...event, session: u32, outcome: fc.constantFrom(...RATING_OUTCOMES.slice(1)), grade: fc.constant(0) }),
    message('fault', { ...event, faults: some(TERMINAL_FAULTS), extra: fc.constantFrom('00', 'beef') }),
  ),
  frames: examples.map(({ hex }) => hex),
  isChecked: true,
  splitter: terminalSplitter,
  pendingMax: TERMINAL_FRAME_BYTES_MAX,
})

const frame = (code: number, payload: string, version = 1) =>
  encodeTerminalFrame({ version, address: 5, sequence: 1, code, payload: bytes(payload) })
const withCrc = (code: number, payload: string) => Buffer.from(frame(code, payload)).toString('hex')

test.each([
  ['A5', 'truncated', 'half a sync'],
  ['A55AF1', 'malformed', 'a length beyond the limit'],
  ['A65A', 'malformed', 'another sync'],
  [`${withCrc(0x01, '')}00`, 'malformed', 'a byte too many'],
  ['A55A000105010100FF', 'checksum', 'a wrong CRC'],
  [withCrc(0x44, ''), 'unsupported', 'a type that is not known'],
  [Buffer.from(frame(0x01, '', 2)).toString('hex'), 'unsupported', 'another version'],
  [withCrc(0x02, ''), 'malformed', 'a payload that ends before its fields'],
  [withCrc(0x12, '030002FF41'), 'malformed', 'a text that ends too early'],
  [withCrc(0x12, '030001FF0102'), 'malformed', 'a text that is no UTF-8'],
  [withCrc(0x12, '0300010A010000'), 'malformed', 'a text with a control character'],
  [withCrc(0x13, '65'), 'malformed', 'a value out of its range'],
  [withCrc(0x14, '01060000'), 'malformed', 'a choice that is none'],
  [withCrc(0x10, '030000000500000000' + '00'), 'malformed', 'too many lines'],
  [withCrc(0xc2, '0100214E00000006'), 'malformed', 'a grade beyond 5'],
  [withCrc(0xc2, '0100214E00000105'), 'malformed', 'a grade though none was given'],
  [withCrc(0xc2, '0100214E00000000'), 'malformed', 'no grade though one was given'],
])('%s is refused as %s, for %s', (hex, code) => {
  expect(() => decodeTerminal(bytes(hex))).toThrow(expect.objectContaining({ code }))
})

test('bytes and bits that a later edition adds are kept and do not disturb', () => {
  const poll = decodeTerminal(frame(0x02, '07aabb'))
  expect(poll).toMatchObject({ type: 'poll', received: 7, extra: 'aabb' })
  expect(encodeTerminal(poll)).toEqual(frame(0x02, '07aabb'))
  expect(terminal.decode(frame(0x02, '07aabb')).fields).toContainEqual({ from: 8, to: 10, name: 'extra', value: 'aabb' })
  expect(terminal.decode(frame(0x01, 'aa')).fields).toContainEqual({ from: 7, to: 8, name: 'extra', value: 'aa' })
  expect(decodeTerminal(frame(0x82, '81'))).toMatchObject({ state: ['session-open', 'bit 7'] })
})

test.each([
  [1, 'the value'],
  [{ version: 1, address: 5, sequence: 1, type: 'sing' }, '/type'],
  [{ version: 1, address: 5, sequence: 1, type: 'poll', received: 256 }, '/received'],
  [{ version: 1, address: 5, sequence: 1, type: 'rate', session: 1, seconds: 9, prompt: '满'.repeat(17) }, '/prompt'],
  [{ version: 1, address: 5, sequence: 1, type: 'rate', session: 1, seconds: 9, prompt: '\ud800' }, '/prompt'],
  [{ version: 1, address: 5, sequence: 1, type: 'rate', session: 1, seconds: 9, prompt: 'a\nb' }, '/prompt'],
  [{ version: 1, address: 5, sequence: 1, type: 'hello', extra: '00'.repeat(241) }, '/extra'],
  [{ version: 1, address: 5, sequence: 1, type: 'poll', received: 1, extra: '00'.repeat(240) }, '240 bytes'],
])('a value that no frame holds is refused with its place: %j', (value, place) => {
  expect(() => terminal.encode?.(value)).toThrow(
    expect.objectContaining({ code: 'malformed', message: expect.stringContaining(place) }),
  )
})

test('the splitter gives frames that cannot be read too, so that they can be answered', () => {
  const [unknown] = terminalSplitter().push(frame(0x44, ''))
  expect(unknown).toMatchObject({ code: 0x44, address: 5 })
  expect(() => unknown && readTerminal(unknown)).toThrow('expected a known type')
})
