import { Session } from '#mqtt'
import { percentile } from '#simulator/e2e'
import { topic } from '#wire'
import { pause, until } from './suite.ts'

const GATEWAY = 'probe'
/** A topic that gateways may use and the ingest does not hear. */
const END = 'result'
const BYTES = 200
const LATE_MS = 10_000

/** What a stretch of time looked like to a healthy gateway and who listens to it. */
export interface ProbeTold {
  readonly sent: number
  readonly heard: number
  readonly doubled: number
  /** Of the way through the broker. */
  readonly p99Ms: number
  readonly slowestMs: number
}

/** A healthy gateway and a healthy listener of the cloud, that exchange messages at a steady pace through a broker. */
export class BrokerProbe implements AsyncDisposable {
  readonly #sender: Session
  readonly #listener: Session
  readonly #heard: Map<number, number>
  #next = 0

  private constructor(sender: Session, listener: Session, heard: Map<number, number>) {
    this.#sender = sender
    this.#listener = listener
    this.#heard = heard
  }

  /** @throws SyncError */
  static async open(url: string, stop: AbortSignal): Promise<BrokerProbe> {
    /** How often each message came; its latency under its negative number, less one. */
    const heard = new Map<number, number>()
    const listener = await Session.open(
      {
        url,
        clientId: 'cloud-probe',
        onMessage(_topic, payload) {
          const message = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
          const number = message.readUInt32BE(0)
          heard.set(number, (heard.get(number) ?? 0) + 1)
          if (!heard.has(-number - 1)) heard.set(-number - 1, performance.now() - message.readDoubleBE(4))
        },
      },
      stop,
    )
    await listener.subscribe(topic('+', END))
    const sender = await Session.open({ url, clientId: `sluice-${GATEWAY}`, onMessage: () => {} }, stop)
    return new BrokerProbe(sender, listener, heard)
  }

  /** Exchanges until `isOver`. Messages that the broker did not take count as sent: nothing was wrong with who sent them. */
  async run(perSecond: number, isOver: () => boolean, stop: AbortSignal): Promise<ProbeTold> {
    const first = this.#next
    for (const began = performance.now(); !isOver() && !stop.aborted; await pause(1, stop)) {
      const due = first + Math.floor(((performance.now() - began) / 1000) * perSecond)
      while (this.#next < due) this.#send(this.#next++)
    }
    const numbers = Array.from({ length: this.#next - first }, (_, index) => first + index)
    await until(() => numbers.every((number) => this.#heard.has(number)), LATE_MS, stop)
    const latencies = numbers.flatMap((number) => this.#heard.get(-number - 1) ?? [])
    const times = numbers.map((number) => this.#heard.get(number) ?? 0)
    return {
      sent: numbers.length,
      heard: times.filter((count) => count > 0).length,
      doubled: times.filter((count) => count > 1).length,
      p99Ms: percentile(latencies, 0.99) ?? Number.POSITIVE_INFINITY,
      slowestMs: percentile(latencies, 1) ?? Number.POSITIVE_INFINITY,
    }
  }

  #send(number: number): void {
    const message = Buffer.alloc(BYTES)
    message.writeUInt32BE(number, 0)
    message.writeDoubleBE(performance.now(), 4)
    this.#sender.publish(topic(GATEWAY, END), message).catch(() => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sender[Symbol.asyncDispose]()
    await this.#listener[Symbol.asyncDispose]()
  }
}
