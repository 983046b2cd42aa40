import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeApdu,
  decodeCardResponse,
  encodeApdu,
  encodeCardResponse,
  followUp,
  GET_UID,
  iso7816Apdu,
  pcSc,
  readStatusWord,
  uidOf,
} from '#protocols/cards'
import { bytesOf, provesCodec, vectorsOf } from '#protocols/proof'

const refusal = (code: string) => expect.objectContaining({ code })
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))
const hexOf = (data: Uint8Array): string => Buffer.from(data).toString('hex').toUpperCase()
const hexByte = fc.constantFrom('00', '7F', 'A4', 'FF')
const vectors = vectorsOf('iso-7816-apdu')
const vector = (name: string) => bytesOf(vectors.find((each) => each.name.startsWith(name)) ?? { name, protocol: '', source: '' })

provesCodec({
  codec: iso7816Apdu,
  values: fc.record({
    cla: fc.constantFrom('00', '80'),
    ins: fc.constantFrom('A4', 'B2', 'CA'),
    p1: hexByte,
    p2: hexByte,
    data: fc.stringMatching(/^(?:[0-9A-F]{2}){1,300}$/),
    le: fc.integer({ min: 0, max: 65_535 }),
    isExtended: fc.constant(true),
  }),
  frames: [
    ...vectors.map((each) => hexOf(bytesOf(each))),
    '00A40000',
    '00A4040007A000000003101000',
    '00B000000003E8',
    '00D600000000012A',
    `00D60000000100${'2A'.repeat(256)}0000`,
  ],
  cut: 'any',
  isChecked: false,
})
provesCodec({
  codec: pcSc,
  values: fc.record({
    data: fc.stringMatching(/^(?:[0-9A-F]{2}){0,300}$/),
    sw: fc.constantFrom('9000', '6A82', '6128', '6C27', '63C2', '91AE'),
  }),
  frames: [...vectorsOf('pc-sc').map((each) => hexOf(bytesOf(each))), '9000', '6A82', '6128'],
  cut: 'any',
  isChecked: false,
})

describe('the commands of the session', () => {
  test('GET UID', () => {
    expect(decodeApdu(vector('get UID'))).toMatchObject({ ...vectors[0]?.facts, instruction: 'GET DATA', case: 2 })
    expect(encodeApdu(GET_UID)).toEqual(vector('get UID'))
  })

  test('SELECT by a name that is text', () => {
    expect(decodeApdu(vector('SELECT PSE'))).toMatchObject({ name: '1PAY.SYS.DDF01', instruction: 'SELECT', case: 3 })
    expect(decodeApdu(bytes('00A4040007A0000000031010')).name).toBeUndefined()
    expect(decodeApdu(bytes('00A40000023F00')).name).toBeUndefined()
  })

  test('GET RESPONSE, as the answer before it advised', () => {
    const select = decodeApdu(vector('SELECT PSE'))
    const next = followUp(select, decodeCardResponse(bytes('6128')))
    expect(next && encodeApdu(next)).toEqual(vector('GET RESPONSE'))
  })

  test('READ RECORD, repeated with the length that the card told', () => {
    const read = decodeApdu(vector('READ RECORD'))
    const again = followUp(read, readStatusWord('6C27'))
    expect(again && hexOf(encodeApdu(again))).toBe('00B2010C27')
    expect(followUp(read, readStatusWord('9000'))).toBeUndefined()
  })
})

describe('a command', () => {
  test.each([
    ['00A40000', 1, undefined, false],
    ['00B0000010', 2, 16, false],
    ['00D60000012A', 3, undefined, false],
    ['00A40000023F0000', 4, 0, false],
    ['00B000000003E8', 2, 1000, true],
    ['00D600000000012A', 3, undefined, true],
    ['00D600000000012A0100', 4, 256, true],
  ])('%s is of case %i', (hex, number, le, isExtended) => {
    const command = decodeApdu(bytes(hex))
    expect(command).toMatchObject({ case: number, isExtended })
    expect(command.le).toBe(le)
    expect(hexOf(encodeApdu(command))).toBe(hex)
  })

  test.each([
    ['00A400', 'truncated'],
    ['00A40000023F', 'truncated'],
    ['00B000000003', 'truncated'],
    ['00D6000000000301', 'truncated'],
    ['00D600000000012A01', 'truncated'],
    ['00D60000012A0000', 'malformed'],
    ['00D6000000000001', 'malformed'],
    ['00D600000000012A010000', 'malformed'],
  ])('%s is refused as %s', (hex, code) => {
    expect(() => decodeApdu(bytes(hex))).toThrow(refusal(code))
  })

  test('that carries a PIN or a key is refused, and not shown', () => {
    for (const hex of ['0020000008241234FFFFFFFFFF', 'FF82000006A0A1A2A3A4A5', '0024000004123456']) {
      expect(() => decodeApdu(bytes(hex))).toThrow(
        expect.objectContaining({
          code: 'unsupported',
          frame: bytes(hex.slice(0, 8)),
          message: expect.not.stringContaining('1234'),
        }),
      )
    }
    const verify = { cla: '00', ins: '2c', p1: '00', p2: '00', data: '1234', isExtended: false }
    expect(() => encodeApdu(verify)).toThrow(expect.objectContaining({ code: 'unsupported', frame: bytes('002c0000') }))
  })

  test('that does not fit is not written', () => {
    const read = { cla: '00', ins: 'B0', p1: '00', p2: '00', isExtended: false }
    expect(() => encodeApdu({ ...read, le: 256 })).toThrow(refusal('malformed'))
    expect(() => encodeApdu({ ...read, le: -1 })).toThrow(refusal('malformed'))
    expect(() => encodeApdu({ ...read, data: '00'.repeat(256) })).toThrow(refusal('malformed'))
    expect(() => encodeApdu({ ...read, p2: '' })).toThrow(refusal('malformed'))
    expect(() => encodeApdu({ ...read, data: '0' })).toThrow(refusal('malformed'))
    expect(hexOf(encodeApdu({ ...read, isExtended: true }))).toBe('00B00000')
    expect(iso7816Apdu.encode?.({ cla: '00', ins: 'B0', le: 0 })).toEqual(bytes('00B0000000'))
    expect(iso7816Apdu.decode(bytes('00B1000000')).value).not.toHaveProperty('instruction')
    expect(iso7816Apdu.decode(bytes('00B1000000')).fields[1]).toMatchObject({ value: 'B1' })
  })
})

describe('an answer', () => {
  test.each(vectorsOf('pc-sc'))('$name', (each) => {
    const answer = decodeCardResponse(bytesOf(each))
    expect(answer).toMatchObject({ ...each.facts, isOk: true })
    expect(uidOf(answer)).toBe(each.facts?.uid)
    expect(pcSc.encode?.(each.facts)).toEqual(bytesOf(each))
  })

  test.each([
    ['9000', true, 'done'],
    ['6100', true, 'done, 256 more bytes to fetch'],
    ['6C27', true, 'wrong length expected, 39 is right'],
    ['6282', true, 'end of the file or record before so many bytes'],
    ['6299', true, 'done with a warning, nothing changed'],
    ['63C2', true, 'done with a warning, counter 2'],
    ['6A82', false, 'the file or application was not found'],
    ['6982', false, 'the security state is not reached'],
    ['6985', false, 'the conditions of use are not met'],
    ['6AFF', false, 'wrong parameters'],
    ['91AE', false, 'not in the standard'],
  ])('%s is understood', (sw, isOk, meaning) => {
    expect(readStatusWord(sw)).toMatchObject({ isOk, meaning })
  })

  test('that refuses is a value until the identifier is wanted', () => {
    const answer = decodeCardResponse(bytes('6A82'))
    expect(answer).toMatchObject({ data: '', sw: '6A82', isOk: false })
    expect(() => uidOf(answer)).toThrow(expect.objectContaining({ code: 'exception', exception: 0x6a82 }))
  })

  test('of another length is no identifier', () => {
    const answer = decodeCardResponse(bytes('0102039000'))
    expect(answer.uid).toBeUndefined()
    expect(() => uidOf(answer)).toThrow(refusal('malformed'))
  })

  test('cut short, without end or with no status is refused', () => {
    expect(() => decodeCardResponse(bytes('90'))).toThrow(refusal('truncated'))
    expect(() => decodeCardResponse(new Uint8Array(65_539))).toThrow(refusal('malformed'))
    expect(() => decodeCardResponse(bytes('6000'))).toThrow(refusal('malformed'))
    expect(() => encodeCardResponse({ data: '9000', sw: '' })).toThrow(refusal('malformed'))
  })
})
