import type { Splitter } from '#protocols/frames'
import {
  AUTOMATIC_BYTES,
  REAL_TIME_KINDS,
  type ReplyKind,
  readAutomatic,
  readReply,
  type StatusMessage,
  statusByteOf,
  TRANSMITTED_KINDS,
  XON,
} from './status-message.ts'

/** Replies that may be waited for at once. */
export const REPLIES_MAX = 16

/**
 * Cuts what a printer says on a line where everything interleaves: replies to DLE EOT and to GS r, automatic status, XON and XOFF. A reply does
 * not say what it answers, so each request must be told with `expect`; replies of one sort come in the order of their requests. After a reply
 * that did not come, `reset`, or the next is taken for it. Not to be told apart: a reply to GS r that comes within an automatic status.
 */
export class StatusReader implements Splitter<StatusMessage> {
  readonly #expected: ReplyKind[] = []
  #automatic: number[] = []
  #dropped = 0

  /** @param expected replies that have been asked for */
  constructor(expected: readonly ReplyKind[] = []) {
    for (const kind of expected) this.expect(kind)
  }

  get droppedBytes(): number {
    return this.#dropped
  }

  get pendingBytes(): number {
    return this.#automatic.length
  }

  /** Replies that have not come yet. */
  get expected(): readonly ReplyKind[] {
    return this.#expected
  }

  /** To be called for each request, before its bytes go. @throws RangeError beyond `REPLIES_MAX` */
  expect(kind: ReplyKind): void {
    if (this.#expected.length >= REPLIES_MAX) throw new RangeError(`expected at most ${REPLIES_MAX} requests without a reply`)
    this.#expected.push(kind)
  }

  push(chunk: Uint8Array): StatusMessage[] {
    return Array.from(chunk, (byte) => this.#take(byte)).filter((message) => message !== undefined)
  }

  /** Forgets half an automatic status, its bytes counting as dropped, and every reply that was waited for. */
  reset(): void {
    this.#dropAutomatic()
    this.#expected.length = 0
  }

  #take(byte: number): StatusMessage | undefined {
    switch (statusByteOf(byte)) {
      case 'flow':
        return { kind: 'flow', ready: byte === XON }
      case 'real-time':
        return this.#reply(REAL_TIME_KINDS, byte)
      case 'automatic':
        this.#dropAutomatic()
        this.#automatic.push(byte)
        return undefined
      case 'transmitted':
        return this.#automatic.length === 0 ? this.#reply(TRANSMITTED_KINDS, byte) : this.#continueAutomatic(byte)
      case 'none':
        this.#dropAutomatic()
        this.#dropped++
        return undefined
    }
  }

  #reply(kinds: readonly ReplyKind[], byte: number): StatusMessage | undefined {
    const index = this.#expected.findIndex((kind) => kinds.includes(kind))
    const [kind] = index < 0 ? [] : this.#expected.splice(index, 1)
    if (kind !== undefined) return readReply(kind, byte)
    this.#dropped++
    return undefined
  }

  #continueAutomatic(byte: number): StatusMessage | undefined {
    this.#automatic.push(byte)
    if (this.#automatic.length < AUTOMATIC_BYTES) return undefined
    const message = readAutomatic(this.#automatic)
    this.#automatic = []
    return message
  }

  #dropAutomatic(): void {
    this.#dropped += this.#automatic.length
    this.#automatic = []
  }
}
