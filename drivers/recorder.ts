import { Duplex } from 'node:stream'
import type { WireMask } from './mask.ts'
import { RECORDING_BYTES_MAX, type RecordingEntry, type RecordingHeader } from './recording.ts'
import { type WireEvent, WireTap } from './wire-tap.ts'

/** A recording longer than this was forgotten by who began it. */
export const RECORDING_MS_MAX = 24 * 3600_000

export interface RecorderOptions {
  readonly header: RecordingHeader
  /** Takes one line with its end. */
  readonly write: (line: string) => void
  readonly mono: () => number
  /** Absent: the line carries no secrets. */
  readonly mask?: WireMask
  /** Default `RECORDING_BYTES_MAX` */
  readonly bytesMax?: number
  /** Default `RECORDING_MS_MAX` */
  readonly msMax?: number
}

/** Writes down what a tap tells, secrets masked, until it has written too much or for too long. */
export class Recorder {
  readonly #options: RecorderOptions
  readonly #startedAt: number
  readonly #bytesMax: number
  #written = 0
  #isEnded = false

  /** Writes the header. */
  constructor(options: RecorderOptions) {
    this.#options = options
    this.#startedAt = options.mono()
    this.#bytesMax = options.bytesMax ?? RECORDING_BYTES_MAX
    this.#put(options.header)
  }

  /** Whether a limit was reached: the last line says which. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** A listener of a tap. */
  readonly take = (event: WireEvent): void => {
    if (this.#isEnded) return
    const at = this.#at()
    if (at > (this.#options.msMax ?? RECORDING_MS_MAX)) {
      this.#end(at, 'it has become long')
      return
    }
    if ('bytes' in event) {
      const { mask } = this.#options
      const pieces = mask ? mask.push(event.kind, event.bytes, at) : [{ ...event, at }]
      for (const piece of pieces) this.#bytes(piece)
      return
    }
    this.#flush()
    this.#entry(event.kind === 'error' ? { at, event: 'error', why: event.why } : { at, event: event.kind })
  }

  /** Writes what the mask still holds, masked as far as it is understood. */
  end(): void {
    if (this.#isEnded) return
    this.#flush()
    this.#isEnded = true
  }

  #flush(): void {
    for (const piece of this.#options.mask?.flush() ?? []) this.#bytes(piece)
  }

  #bytes({ kind, bytes, at }: { readonly kind: 'tx' | 'rx'; readonly bytes: Uint8Array; readonly at: number }): void {
    const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
    if (hex !== '') this.#entry(kind === 'tx' ? { at, tx: hex } : { at, rx: hex })
  }

  #entry(entry: RecordingEntry): void {
    if (this.#isEnded) return
    // Room is kept for the line that says so.
    if (this.#written > this.#bytesMax) this.#end(entry.at, 'it has become large')
    else this.#put(entry)
  }

  #end(at: number, why: string): void {
    this.#isEnded = true
    this.#put({ at, event: 'end', why })
  }

  #put(entry: RecordingHeader | RecordingEntry): void {
    const line = `${JSON.stringify(entry)}\n`
    this.#written += line.length
    this.#options.write(line)
  }

  /** To a tenth of a millisecond: a byte at 115200 baud. */
  #at(): number {
    return Math.round((this.#options.mono() - this.#startedAt) * 10) / 10
  }
}

/** The same stream with a tap on it, for links that are no line of a bus. Destroying either end ends the other. */
export function tapped(link: Duplex, tap: WireTap = new WireTap()): Duplex & { readonly tap: WireTap } {
  tap.tell({ kind: 'open' })
  const outer = new Duplex({
    read: () => void link.resume(),
    write: (bytes: Buffer, _, done) => {
      tap.sent(bytes)
      link.write(bytes, done)
    },
    final: (done) => void link.end(done),
    destroy: (error, done) => {
      if (link.closed) return done(error)
      link.once('close', () => done(error))
      link.destroy()
    },
  })
  link.on('data', (bytes: Buffer) => {
    tap.received(bytes)
    if (!outer.push(bytes)) link.pause()
  })
  link.once('end', () => outer.push(null))
  link.on('error', (error) => outer.destroy(error))
  link.once('close', () => {
    tap.tell({ kind: 'close' })
    outer.destroy()
  })
  return Object.assign(outer, { tap })
}
