import { expect, test } from 'vitest'
import { ProtocolError } from '#protocols/error'

test('the message ends in the hex of the frame', () => {
  const error = new ProtocolError('checksum', 'expected 1234, got 5678', Uint8Array.of(0x01, 0xab))
  expect(error.message).toBe('expected 1234, got 5678 [01ab]')
  expect(error).toMatchObject({ code: 'checksum', name: 'ProtocolError', frame: Uint8Array.of(0x01, 0xab) })
  expect(error.exception).toBeUndefined()
})

test('a long frame is cut in the message and whole in the error', () => {
  const error = new ProtocolError('malformed', 'expected less', new Uint8Array(100_000))
  expect(error.message).toBe(`expected less [${'00'.repeat(64)}… 100000 bytes]`)
  expect(error.frame.length).toBe(100_000)
})

test('an exception keeps the number the device gave', () => {
  expect(new ProtocolError('exception', 'refused', Uint8Array.of(0x83, 2), 2).exception).toBe(2)
})

test('a value refused before it became bytes shows no frame', () => {
  expect(new ProtocolError('malformed', 'expected 0 to 9, got 10', new Uint8Array()).message).toBe('expected 0 to 9, got 10')
})
