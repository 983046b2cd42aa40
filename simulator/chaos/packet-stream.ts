/** Type of an MQTT PUBLISH packet, the upper four bits of its first byte. */
const PUBLISH = 3
const LENGTH_BYTES_MAX = 4

/** Cuts a stream of bytes into whole MQTT packets (3.1.1, section 2.2: a type byte, the remaining length in up to four bytes, the rest). */
export class PacketStream {
  #rest: Buffer = Buffer.alloc(0)

  /** @returns the packets that are whole now */
  take(bytes: Buffer): Buffer[] {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    const packets: Buffer[] = []
    for (let size = sizeOf(this.#rest); size !== null && size <= this.#rest.length; size = sizeOf(this.#rest)) {
      packets.push(this.#rest.subarray(0, size))
      this.#rest = this.#rest.subarray(size)
    }
    return packets
  }
}

export function isPublish(packet: Buffer): boolean {
  return (packet[0] ?? 0) >> 4 === PUBLISH
}

/** Length of the packet that begins here, null where that cannot be told yet. */
function sizeOf(bytes: Buffer): number | null {
  let length = 0
  for (let place = 0; place < LENGTH_BYTES_MAX; place++) {
    const byte = bytes[1 + place]
    if (byte === undefined) return null
    length += (byte & 0x7f) * 128 ** place
    if (byte < 0x80) return 2 + place + length
  }
  throw new RangeError('expected an MQTT packet, got a length of more than four bytes')
}
