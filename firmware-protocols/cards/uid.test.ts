import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  canonicalUid,
  decodeKeyboardCard,
  decodeSerialCard,
  encodeKeyboardCard,
  encodeSerialCard,
  KEYBOARD_CARD_BYTES_MAX,
  keyboardCard,
  keyboardCardCodec,
  SERIAL_CARD_BYTES_MAX,
  serialCard,
  serialCardCodec,
  serialCardSplitter,
  uidDecimal,
  uidOfDecimal,
} from '#protocols/cards'
import { provesCodec } from '#protocols/proof'

const refusal = (code: string) => expect.objectContaining({ code })
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const hex = (text: string): string => Buffer.from(text).toString('hex')
/** The bytes' XOR is 62 ^ E3 ^ 08 ^ 6C ^ ED = 08. */
const FRAME = '\u000262E3086CED08\u0003'
const FRAME_CRLF = '\u000262E3086CED08\r\n\u0003'
const digits = (length: number) => fc.stringMatching(new RegExp(`^[A-F][0-9A-F]{${length - 1}}$`))

provesCodec({
  codec: serialCard,
  values: fc.record({ uid: digits(10), form: fc.constantFrom('stx-etx', 'stx-crlf-etx') }),
  frames: [hex(FRAME), hex(FRAME_CRLF)],
  isChecked: true,
  splitter: () => serialCardSplitter('stx'),
  pendingMax: SERIAL_CARD_BYTES_MAX,
})
provesCodec({
  codec: serialCard,
  values: fc.record({
    uid: fc.oneof(digits(8), digits(14)),
    form: fc.constant('hex'),
    end: fc.constantFrom('cr', 'lf', 'cr-lf'),
  }),
  frames: ['04203C82FE2080\r\n', '0540097666\r\n'].map(hex),
  // A line feed that is cut off leaves a line that ends in CR.
  cut: 'any',
  isChecked: false,
  splitter: () => serialCardSplitter('cr-lf'),
  pendingMax: SERIAL_CARD_BYTES_MAX,
  resync: '0d0a',
})
provesCodec({
  codec: serialCardCodec('lsb-first'),
  frames: ['823C2004\r', '0069213186\r'].map(hex),
  isChecked: false,
  splitter: () => serialCardSplitter('cr'),
  pendingMax: SERIAL_CARD_BYTES_MAX,
  resync: '0d',
})
provesCodec({
  codec: keyboardCard,
  values: fc.record({ uid: digits(8), form: fc.constantFrom('decimal', 'hex') }),
  frames: ['0069213186', '823C2004', '04203C82FE2080'].map(hex),
  cut: 'any',
  isChecked: false,
})
provesCodec({
  codec: keyboardCardCodec({ byteOrder: 'lsb-first', form: 'decimal' }),
  frames: [hex('0069213186')],
  isChecked: false,
})

describe('an identifier', () => {
  test('is upper-case hex in the order of the card', () => {
    expect(canonicalUid('04203c82')).toBe('04203C82')
    expect(canonicalUid('823c2004', 'lsb-first')).toBe('04203C82')
    expect(() => canonicalUid('04203C')).toThrow(refusal('malformed'))
    expect(() => canonicalUid('04203C8G')).toThrow(refusal('malformed'))
  })

  test('of four bytes has ten digits, by either order', () => {
    expect(uidDecimal('04203C82')).toBe('0069221506')
    expect(uidDecimal('04203C82', 'lsb-first')).toBe(String(0x823c2004))
    expect(uidOfDecimal('0069221506')).toBe('04203C82')
    expect(uidOfDecimal(uidDecimal('04203C82', 'lsb-first'), 'lsb-first')).toBe('04203C82')
    expect(() => uidDecimal('04203C82FE2080')).toThrow(refusal('malformed'))
    expect(() => uidOfDecimal('4294967296')).toThrow(refusal('malformed'))
    expect(() => uidOfDecimal('69221506')).toThrow(refusal('malformed'))
  })
})

describe('a serial reader', () => {
  test('says an EM4100 card with its check, and the number that is printed on it', () => {
    expect(decodeSerialCard(bytes(FRAME))).toEqual({ uid: '62E3086CED', form: 'stx-etx', decimal: String(0xe3086ced) })
    expect(decodeSerialCard(bytes(FRAME_CRLF))).toMatchObject({ uid: '62E3086CED', form: 'stx-crlf-etx' })
  })

  test('says a line, of which ten digits are a decimal number', () => {
    expect(decodeSerialCard(bytes('04203c82\r\n'))).toEqual({
      uid: '04203C82',
      form: 'hex',
      end: 'cr-lf',
      byteOrder: 'msb-first',
      decimal: '0069221506',
    })
    expect(decodeSerialCard(bytes('\n0069221506\r'))).toMatchObject({ uid: '04203C82', form: 'decimal', end: 'cr' })
    expect(decodeSerialCard(bytes('823C2004\n'), 'lsb-first')).toMatchObject({ uid: '04203C82', end: 'lf' })
    expect(decodeSerialCard(bytes('04203C82FE2080\n'))).not.toHaveProperty('decimal')
  })

  test.each([
    ['', 'truncated'],
    ['04203C82', 'truncated'],
    ['\u000262E3086CED08', 'truncated'],
    ['\u000262E3086CED09\u0003', 'checksum'],
    ['\u000262E3086CE08\u0003', 'malformed'],
    ['\u000262E3086CED08000000', 'malformed'],
    ['4294967296\r', 'malformed'],
    ['04203C\r', 'malformed'],
    ['é04203C82\r', 'malformed'],
    [`${'0'.repeat(SERIAL_CARD_BYTES_MAX)}\r`, 'malformed'],
  ])('%j is refused as %s', (text, code) => {
    expect(() => decodeSerialCard(bytes(text))).toThrow(refusal(code))
  })

  test('is spoken for in every form that the identifier fits', () => {
    const said = (card: Parameters<typeof encodeSerialCard>[0]) => new TextDecoder().decode(encodeSerialCard(card))
    expect(said({ uid: '62e3086ced', form: 'stx-etx' })).toBe(FRAME)
    expect(said({ uid: '04203C82', form: 'decimal', byteOrder: 'lsb-first', end: 'lf' })).toBe(`${0x823c2004}\n`)
    expect(serialCard.encode?.({ uid: '04203C82' })).toEqual(bytes('04203C82\r\n'))
    expect(() => said({ uid: '04203C82', form: 'stx-etx' })).toThrow(refusal('malformed'))
    // As a line it would read as a decimal number.
    expect(() => said({ uid: '0123456789', form: 'hex' })).toThrow(refusal('malformed'))
    expect(() => said({ uid: '62E3086CED', form: 'decimal' })).toThrow(refusal('malformed'))
  })

  test('is cut into frames, of which those with a wrong check are dropped', () => {
    const splitter = serialCardSplitter('stx')
    const wrong = FRAME.replace('08\u0003', '09\u0003')
    expect(splitter.push(bytes(`${wrong}x${FRAME}\u0002${'0'.repeat(20)}${FRAME_CRLF}`)).map((frame) => frame.length)).toEqual([
      14, 16,
    ])
    expect(splitter.droppedBytes).toBe(14 + 1 + 21)
    expect(serialCardSplitter('lf').push(bytes('04203C82\n'))).toHaveLength(1)
  })
})

describe('a reader that is a keyboard', () => {
  test('types ten digits or hex, in an order that is a setting', () => {
    expect(decodeKeyboardCard('0069221506')).toEqual({ uid: '04203C82', form: 'decimal', byteOrder: 'msb-first' })
    expect(decodeKeyboardCard('823c2004', { byteOrder: 'lsb-first' })).toEqual({
      uid: '04203C82',
      form: 'hex',
      byteOrder: 'lsb-first',
    })
    expect(decodeKeyboardCard('0123456789', { form: 'hex' }).uid).toBe('0123456789')
    expect(encodeKeyboardCard({ uid: '04203C82', form: 'decimal', byteOrder: 'lsb-first' })).toBe(String(0x823c2004))
    expect(keyboardCard.encode?.({ uid: '04203C82' })).toEqual(bytes('04203C82'))
  })

  test.each([
    ['', 'truncated'],
    ['04203C', 'truncated'],
    ['4294967296', 'malformed'],
    ['04203C8G', 'malformed'],
    ['é203C82', 'malformed'],
    ['0'.repeat(KEYBOARD_CARD_BYTES_MAX + 1), 'malformed'],
  ])('%j is refused as %s', (text, code) => {
    expect(() => decodeKeyboardCard(text)).toThrow(refusal(code))
  })

  test('types no decimal digits for letters', () => {
    expect(() => decodeKeyboardCard('04203C82FE2080', { form: 'decimal' })).toThrow(refusal('malformed'))
  })
})
