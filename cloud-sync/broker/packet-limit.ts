/** A batch is at most 64 KiB; with its topic and header it fits into this. */
export const PACKET_BYTES_MAX = 96 * 1024
/** A CONNECT of ours is under 1 KiB; this is what a stranger may make us keep. */
export const CONNECT_BYTES_MAX = 4 * 1024

const CONNECT = 1
/** MQTT 3.1.1, section 2.2.3: the remaining length takes at most four bytes. */
const LENGTH_BYTES_MAX = 4

/**
 * Follows the packet boundaries of an MQTT byte stream by its fixed headers alone (MQTT 3.1.1, section 2.2), so that a packet that is too
 * large is refused at its header, before anybody keeps its bytes.
 */
export class PacketLimit {
  #packets = 0
  /** Bytes of the packet's body still to come; null while in a header. */
  #remaining: number | null = null
  #type: number | null = null
  #length = 0
  #lengthBytes = 0
  #greetingEnd = 0

  /** Whole packets that have passed. */
  get packets(): number {
    return this.#packets
  }

  /** True once a whole CONNECT has passed. */
  get isConnected(): boolean {
    return this.#packets > 0
  }

  /** Where in the chunk that ended it the CONNECT ended. */
  get greetingEnd(): number {
    return this.#greetingEnd
  }

  /** Looks at bytes that came. Returns why the stream may not go on, or null. */
  push(chunk: Uint8Array): string | null {
    for (let index = 0; index < chunk.length; ) {
      if (this.#remaining === null) {
        const refusal = this.#header(chunk[index++] ?? 0)
        if (refusal !== null) return refusal
      } else {
        const taken = Math.min(this.#remaining, chunk.length - index)
        this.#remaining -= taken
        index += taken
      }
      if (this.#remaining !== 0) continue
      this.#endPacket()
      if (this.#packets === 1) this.#greetingEnd = index
    }
    return null
  }

  #header(byte: number): string | null {
    if (this.#type === null) {
      this.#type = byte >> 4
      return this.#packets === 0 && this.#type !== CONNECT ? `expected CONNECT first, got packet type ${this.#type}` : null
    }
    this.#length += (byte & 0x7f) * 128 ** this.#lengthBytes
    this.#lengthBytes += 1
    if (byte >= 0x80) return this.#lengthBytes < LENGTH_BYTES_MAX ? null : 'expected a remaining length of at most four bytes'
    const limit = this.#packets === 0 ? CONNECT_BYTES_MAX : PACKET_BYTES_MAX
    if (this.#length > limit) return `expected packets of at most ${limit} bytes, got ${this.#length}`
    this.#remaining = this.#length
    return null
  }

  #endPacket(): void {
    this.#packets += 1
    this.#remaining = null
    this.#type = null
    this.#length = 0
    this.#lengthBytes = 0
  }
}
