/** What a line takes, roughly, to begin with. */
const BEGIN_BYTES = 64 * 1024
/** A character is at most so many bytes of UTF-8. */
const CHAR_BYTES_MAX = 3
const LINE_FEED = 10

/**
 * Lines as the bytes of one request. Each is written into the bytes as soon as it is made: a text of 10,000 rows, grown piece by piece, outlives the
 * young generation that the cloud's process allows itself and costs twice as much.
 */
export class Payload {
  #bytes = Buffer.allocUnsafe(BEGIN_BYTES)
  #length = 0

  get length(): number {
    return this.#length
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }

  add(line: string): void {
    const needed = this.#length + line.length * CHAR_BYTES_MAX + 1
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
      this.#bytes.copy(larger, 0, 0, this.#length)
      this.#bytes = larger
    }
    this.#length += this.#bytes.write(line, this.#length, 'utf8')
    this.#bytes[this.#length++] = LINE_FEED
  }
}
