import { ProtocolError } from '#protocols/error'
import { encodeTcp, TcpSplitter } from '#protocols/modbus'
import type { Framing, FramingCounts, Query } from './framing.ts'

/** An answer whose id was given out at most so many requests ago is late; another is foreign. */
const LATE_REQUESTS_MAX = 1_024

/** Modbus TCP: transaction ids tell answers apart, so a late one can never be taken for another. */
export class TcpFraming implements Framing {
  readonly counts: FramingCounts = { late: 0, foreign: 0, echoes: 0, garbageBytes: 0 }
  readonly #splitter = new TcpSplitter()
  #isBroken = false
  #isWaiting = false
  /** Ids go on over connections, so that not even a connection can mix them up. */
  #transaction = 0
  #unit = 0

  get isBroken(): boolean {
    return this.#isBroken
  }

  precaution(): undefined {
    return undefined
  }

  start(unit: number, { pdu }: Query): Uint8Array {
    this.#transaction = (this.#transaction + 1) & 0xffff
    this.#unit = unit
    this.#isWaiting = true
    return encodeTcp(this.#transaction, unit, pdu)
  }

  receive(chunk: Uint8Array): Uint8Array | undefined {
    const before = this.#splitter.droppedBytes
    let answer: Uint8Array | undefined
    for (const { transaction, unit, pdu } of this.#splitter.push(chunk)) {
      const age = (this.#transaction - transaction) & 0xffff
      const isOwn = age === 0 && unit === this.#unit
      if (isOwn && this.#isWaiting) {
        this.#isWaiting = false
        answer = pdu
      } else if (isOwn || (age > 0 && age <= LATE_REQUESTS_MAX)) this.counts.late++
      else this.counts.foreign++
    }
    const dropped = this.#splitter.droppedBytes - before
    if (dropped > 0) {
      this.counts.garbageBytes += dropped
      this.#isBroken = true
    }
    return answer
  }

  receiveSilence(): undefined {
    return undefined
  }

  giveUp(): ProtocolError | undefined {
    this.#isWaiting = false
    if (this.#splitter.pendingBytes === 0) return undefined
    // Half a frame that never ends would swallow the answers to come.
    this.#isBroken = true
    return new ProtocolError(
      'truncated',
      `expected the rest of a frame, got ${this.#splitter.pendingBytes} bytes of it`,
      new Uint8Array(),
    )
  }

  reset(): void {
    this.#splitter.reset()
    this.#isBroken = false
    this.#isWaiting = false
  }
}
