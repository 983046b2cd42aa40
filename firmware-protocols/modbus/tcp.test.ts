import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeTcp, encodeTcp, TCP_FRAME_BYTES_MAX, type TcpFrame, TcpSplitter } from './tcp.ts'

const frames = fc.record({
  transaction: fc.integer({ min: 0, max: 0xffff }),
  unit: fc.integer({ min: 0, max: 255 }),
  pdu: fc.uint8Array({ minLength: 1, maxLength: 253 }),
})
const bytesOf = ({ transaction, unit, pdu }: TcpFrame) => encodeTcp(transaction, unit, pdu)

test('a frame comes back from its bytes', () => {
  fc.assert(
    fc.property(frames, (frame) => {
      expect(decodeTcp(bytesOf(frame))).toEqual(frame)
    }),
  )
})

test('frames come back however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(frames, { maxLength: 5 }), fc.infiniteStream(fc.integer({ min: 1, max: 400 })), (sent, sizes) => {
      const stream = Buffer.concat(sent.map(bytesOf))
      const splitter = new TcpSplitter()
      const got: TcpFrame[] = []
      for (let from = 0; from < stream.length; ) {
        const size = sizes.next().value
        got.push(...splitter.push(stream.subarray(from, from + size)))
        from += size
      }
      expect(got).toEqual(sent)
      expect(splitter).toMatchObject({ droppedBytes: 0, pendingBytes: 0 })
    }),
  )
})

test('a frame cut at each byte waits for the rest, and alone is truncated', () => {
  const frame = bytesOf({ transaction: 0x0102, unit: 3, pdu: Uint8Array.of(3, 2, 0, 7) })
  for (let length = 1; length < frame.length; length++) {
    const splitter = new TcpSplitter()
    expect(splitter.push(frame.subarray(0, length))).toEqual([])
    expect(splitter.pendingBytes).toBe(length)
    expect(splitter.push(frame.subarray(length))).toHaveLength(1)
    expect(() => decodeTcp(frame.subarray(0, length))).toThrow(expect.objectContaining({ code: 'truncated' }))
  }
})

test('a stream falls back into step after noise and counts it', () => {
  const frame = { transaction: 9, unit: 1, pdu: Uint8Array.of(3, 2, 1, 2) }
  const splitter = new TcpSplitter()
  expect(splitter.push(Buffer.concat([Buffer.from('HTTP/1.1 400'), bytesOf(frame)]))).toEqual([frame])
  expect(splitter.droppedBytes).toBe(12)
})

test('a frame does not change when its chunk is used again', () => {
  const chunk = Buffer.from(bytesOf({ transaction: 1, unit: 1, pdu: Uint8Array.of(3, 2, 1, 2) }))
  const [frame] = new TcpSplitter().push(chunk)
  chunk.fill(0)
  expect([...(frame?.pdu ?? [])]).toEqual([3, 2, 1, 2])
})

test.each([0, 0x01, 0x55, 0xff])('a megabyte of %i neither throws nor grows', (byte) => {
  const splitter = new TcpSplitter()
  for (let turn = 0; turn < 1024; turn++) {
    splitter.push(Buffer.alloc(1024, byte))
    expect(splitter.pendingBytes).toBeLessThan(TCP_FRAME_BYTES_MAX)
  }
  expect(splitter.droppedBytes).toBeGreaterThan(0)
})

test('a megabyte of noise leaves the splitter able to find a frame', () => {
  const splitter = new TcpSplitter()
  splitter.push(Buffer.from(Array.from({ length: 1 << 20 }, (_, index) => Math.imul(index, 2_654_435_761) >>> 24)))
  splitter.reset()
  expect(splitter.pendingBytes).toBe(0)
  expect(splitter.push(bytesOf({ transaction: 7, unit: 1, pdu: Uint8Array.of(3, 2, 1, 2) }))).toHaveLength(1)
})

test.each<[string, string, string]>([
  ['another protocol', '000100010006010300000002', 'malformed'],
  ['a length of 1', '00010000000101', 'malformed'],
  ['a length of 255', `0001000000ff01${'00'.repeat(254)}`, 'malformed'],
  ['a byte too many', '00010000000601030000000200', 'malformed'],
])('a frame with %s is %s', (_, hex, code) => {
  expect(() => decodeTcp(Buffer.from(hex, 'hex'))).toThrow(expect.objectContaining({ code }))
})

test.each([0, 254])('a PDU of %i bytes is refused', (length) => {
  expect(() => encodeTcp(1, 1, new Uint8Array(length))).toThrow(expect.objectContaining({ code: 'malformed' }))
})
