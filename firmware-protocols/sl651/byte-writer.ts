const FIRST_BYTES = 256

/** Bytes that grow at their end. */
export class ByteWriter {
  #bytes = new Uint8Array(FIRST_BYTES)
  #length = 0

  /** What is written so far; a view that the next `reserve` may leave behind. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** Makes room for so many bytes. @returns where they begin in `bytes` */
  reserve(count: number): number {
    const at = this.#length
    this.#length += count
    if (this.#length > this.#bytes.length) {
      const bytes = new Uint8Array(this.#length * 2)
      bytes.set(this.#bytes)
      this.#bytes = bytes
    }
    return at
  }

  byte(value: number): void {
    const at = this.reserve(1)
    this.#bytes[at] = value
  }

  put(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /** All that was written. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }
}
