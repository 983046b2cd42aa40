import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ASCII_FRAME_BYTES_MAX, asciiSplitter, decodeAscii, encodeAscii, lrc } from './ascii.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')
const READ = ':010300000002FA\r\n'
const frame = { unit: 1, pdu: Uint8Array.of(3, 0, 0, 0, 2) }

test('the check makes the sum of all bytes 0', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (content) => {
      expect([...content, lrc(content)].reduce((sum, byte) => sum + byte, 0) & 0xff).toBe(0)
    }),
  )
})

test('a frame comes back from its text, in capitals or not', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ minLength: 1, maxLength: 253 }), (unit, pdu) => {
      const text = encodeAscii(unit, pdu)
      expect(text.length).toBeLessThanOrEqual(ASCII_FRAME_BYTES_MAX)
      expect(decodeAscii(text)).toEqual({ unit, pdu })
      expect(decodeAscii(bytes(Buffer.from(text).toString('latin1').toLowerCase()))).toEqual({ unit, pdu })
    }),
  )
})

test.each([
  ['no colon', '010300000002FA\r\n', 'malformed'],
  ['a letter that is no digit', ':01030000000GFA\r\n', 'malformed'],
  ['half a byte', ':010300000002F\r\n', 'malformed'],
  ['too few bytes', ':0101\r\n', 'malformed'],
  ['no CR', ':010300000002FA\n', 'malformed'],
  ['something behind its end', ':010300000002FA\r\n:', 'malformed'],
  ['more than a frame holds', `:${'00'.repeat(256)}\r\n`, 'malformed'],
  ['another check', ':010300000002FB\r\n', 'checksum'],
  ['no end', ':010300000002FA', 'truncated'],
  ['nothing in it', '', 'truncated'],
])('a frame with %s is refused', (_, text, code) => {
  expect(() => decodeAscii(bytes(text))).toThrow(expect.objectContaining({ code }))
})

test.each([0, 254])('a PDU of %i bytes is refused', (length) => {
  expect(() => encodeAscii(1, new Uint8Array(length))).toThrow(expect.objectContaining({ code: 'malformed' }))
})

test.each([
  ['half a frame', ':0103', 5],
  ['a frame with a wrong check', ':010300000002FB\r\n', 17],
  ['noise', 'x\r\n\u00ff', 4],
  ['a frame that is broken in the middle', ':0103~~0000', 11],
  ['a frame without an end', `:${'0'.repeat(600)}`, 601],
])('a colon behind %s starts the next frame', (_, noise, dropped) => {
  const splitter = asciiSplitter()
  expect(splitter.push(bytes(noise + READ))).toEqual([frame])
  expect(splitter).toMatchObject({ droppedBytes: dropped, pendingBytes: 0 })
})
