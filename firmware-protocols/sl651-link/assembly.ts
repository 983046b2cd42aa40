import { crc32 } from 'node:zlib'
import type { Frame } from '#protocols/sl651'

/** The packets of one message, as they come: lost, doubled, out of order. */
export class Assembly {
  readonly #total: number
  readonly #bodies = new Map<number, Uint8Array>()
  #first: Frame | undefined
  #latest: Frame
  #bytes = 0
  #heardAt: number
  #askedAt = 0
  #asked = { packet: 0, count: 0 }

  /** @param frame any of its packets; is not put */
  constructor(frame: Frame, at: number) {
    this.#total = frame.packets ?? 1
    this.#latest = frame
    this.#heardAt = at
  }

  get bytes(): number {
    return this.#bytes
  }

  get heardAt(): number {
    return this.#heardAt
  }

  get askedAt(): number {
    return this.#askedAt
  }

  /** How often the packet that was asked for last was asked for. */
  get askedCount(): number {
    return this.#asked.count
  }

  /** The packet that came last, without its body. */
  get latest(): Frame {
    return this.#latest
  }

  get first(): Frame | undefined {
    return this.#first
  }

  get missingCount(): number {
    return this.#total - this.#bodies.size
  }

  /** 0 if none is. */
  get firstMissing(): number {
    return this.missing(1)[0] ?? 0
  }

  /** The first of those that have not come. */
  missing(countMax: number): readonly number[] {
    const numbers: number[] = []
    for (let packet = 1; packet <= this.#total && numbers.length < countMax; packet++)
      if (!this.#bodies.has(packet)) numbers.push(packet)
    return numbers
  }

  holds({ packet = 1 }: Frame): boolean {
    return this.#bodies.has(packet)
  }

  /** A packet of the same number came with another content: two messages must not be mixed. */
  contradicts({ packet = 1, body }: Frame): boolean {
    const held = this.#bodies.get(packet)
    return held !== undefined && Buffer.compare(held, body) !== 0
  }

  /** A packet that came before takes its own place. @returns by how many bytes more are held */
  put(frame: Frame, at: number): number {
    const { packet = 1 } = frame
    const body = frame.body.slice()
    const before = this.#bytes
    this.#bytes += body.length - (this.#bodies.get(packet)?.length ?? 0)
    this.#bodies.set(packet, body)
    this.#latest = { ...frame, body: EMPTY }
    this.#heardAt = at
    if (packet === 1) this.#first = { ...frame, body }
    return this.#bytes - before
  }

  /** The packet to ask for: the first that is missing. */
  ask(at: number): number {
    const packet = this.firstMissing
    this.#asked = { packet, count: packet === this.#asked.packet ? this.#asked.count + 1 : 1 }
    this.#askedAt = at
    return packet
  }

  /** The message as if it had come in one packet. */
  join(): Frame {
    const { encoding, direction, centre, station, password, function: code } = this.#latest
    const body = Buffer.concat(this.#inOrder())
    return { encoding, direction, centre, station, password, function: code, end: 'ETX', body: new Uint8Array(body) }
  }

  /** By which each of its packets is known again. */
  checks(): readonly number[] {
    return this.#inOrder().map((body) => crc32(body))
  }

  #inOrder(): Uint8Array[] {
    return [...this.#bodies].sort(([one], [other]) => one - other).map(([, body]) => body)
  }
}

const EMPTY = new Uint8Array()
