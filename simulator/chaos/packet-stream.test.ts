import { expect, test } from 'vitest'
import { isPublish, PacketStream } from './packet-stream.ts'

const publish = Buffer.concat([Buffer.from([0x32, 0x82, 0x01]), Buffer.alloc(130, 7)])
const ping = Buffer.from([0xc0, 0x00])

test('packets come out whole wherever the stream is cut', () => {
  const bytes = Buffer.concat([publish, ping, publish])
  for (let cut = 0; cut <= bytes.length; cut++) {
    const stream = new PacketStream()
    const packets = [...stream.take(bytes.subarray(0, cut)), ...stream.take(bytes.subarray(cut))]
    expect(packets.map((packet) => packet.length)).toEqual([publish.length, ping.length, publish.length])
    expect(packets.map(isPublish)).toEqual([true, false, true])
  }
})

test('a length of more than four bytes is no packet', () => {
  expect(() => new PacketStream().take(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01]))).toThrow(RangeError)
})
