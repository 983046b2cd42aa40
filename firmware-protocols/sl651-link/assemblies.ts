import { crc32 } from 'node:zlib'
import type { Frame } from '#protocols/sl651'
import { Assembly } from './assembly.ts'
import { type LinkLimits, MISSING_TOLD_MAX } from './limits.ts'
import type { LinkNotice } from './output.ts'

/** A message that is complete, as far as it takes to know its packets again. */
interface Finished {
  readonly checks: readonly number[]
  readonly frame: Frame
  until: number
}

/** What became of a packet. */
export interface Placed {
  /** `again`: of a message that is complete already. */
  readonly state: 'open' | 'complete' | 'again' | 'refused'
  /** The message, if it is complete; with state `again` only its head. */
  readonly frame?: Frame
  /** It was not held before. */
  readonly isNew: boolean
  /** What else happened, of whichever station. */
  readonly told: readonly Told[]
}

export interface Told {
  readonly station: string
  readonly notice: LinkNotice
}

/** A packet that is missing, to be asked for. */
export interface Wanted {
  readonly frame: Frame
  readonly packet: number
  /** Of the message, if its first packet came. */
  readonly first: Frame | undefined
}

/** Head of a body: all that is kept of a complete message. */
const HEAD_BYTES = 16

/** Puts packets together by station, function and total. Bounded in number, packets and bytes. */
export class Assemblies {
  readonly #limits: LinkLimits
  readonly #open = new Map<string, Assembly>()
  readonly #finished = new Map<string, Finished>()
  #bytes = 0

  constructor(limits: LinkLimits) {
    this.#limits = limits
  }

  /** Bytes held. */
  get bytes(): number {
    return this.#bytes
  }

  /** Takes a packet of 1..`packets`. */
  put(frame: Frame, at: number): Placed {
    const { packets = 1 } = frame
    const key = keyOf(frame)
    const finished = this.#finished.get(key)
    if (finished?.checks[(frame.packet ?? 1) - 1] === crc32(frame.body))
      return { state: 'again', frame: finished.frame, isNew: false, told: [] }
    this.#finished.delete(key)
    const told: Told[] = []
    let assembly = this.#open.get(key)
    if (assembly?.contradicts(frame)) {
      told.push({ station: frame.station, notice: { code: 'assembly-restarted', function: frame.function, packets } })
      this.#remove(key, assembly)
      assembly = undefined
    }
    if (assembly === undefined) {
      assembly = new Assembly(frame, at)
      this.#makeRoom(told)
      this.#open.set(key, assembly)
    }
    const isNew = !assembly.holds(frame)
    this.#bytes += assembly.put(frame, at)
    const isTooLarge = packets > this.#limits.packetsMax || assembly.bytes > this.#limits.assemblyBytesMax
    if (isTooLarge || this.#bytes > this.#limits.assembliesBytesMax) {
      told.push(this.#drop(key, assembly, 'too-large'))
      return { state: 'refused', isNew, told }
    }
    if (assembly.firstMissing !== 0) return { state: 'open', isNew, told }
    const whole = assembly.join()
    this.#remove(key, assembly)
    this.#finish(key, assembly, whole, at)
    return { state: 'complete', frame: whole, isNew, told }
  }

  /**
   * The packet that has to be asked for when all that a station sent has come.
   * @returns a notice instead if it was asked for as often as may be, and nothing if the message is not known
   */
  want(frame: Frame, at: number): Wanted | Told | undefined {
    const key = keyOf(frame)
    const assembly = this.#open.get(key)
    if (assembly === undefined) return undefined
    const packet = assembly.ask(at)
    if (assembly.askedCount > this.#limits.naksMax) return this.#drop(key, assembly, 'naks')
    return { frame: assembly.latest, packet, first: assembly.first }
  }

  /** Gives up what has been silent for too long, and says which messages want a packet. */
  tick(at: number): { readonly told: readonly Told[]; readonly silent: readonly Frame[] } {
    const told: Told[] = []
    const silent: Frame[] = []
    for (const [key, assembly] of this.#open) {
      if (at - assembly.heardAt >= this.#limits.assemblyTimeoutMs) told.push(this.#drop(key, assembly, 'timeout'))
      else if (at - Math.max(assembly.heardAt, assembly.askedAt) >= this.#limits.nakAfterMs) silent.push(assembly.latest)
    }
    for (const [key, { until }] of this.#finished) if (at >= until) this.#finished.delete(key)
    return { told, silent }
  }

  /** The packets of a station's complete messages are new ones when they come again. */
  forget(station: string): void {
    for (const [key, { frame }] of this.#finished) if (frame.station === station) this.#finished.delete(key)
  }

  #makeRoom(told: Told[]): void {
    const [oldest] = this.#open
    if (oldest && this.#open.size >= this.#limits.assembliesMax) told.push(this.#drop(...oldest, 'too-many'))
  }

  #finish(key: string, assembly: Assembly, whole: Frame, at: number): void {
    const frame = { ...whole, body: whole.body.slice(0, HEAD_BYTES) }
    const [oldest] = this.#finished
    if (oldest && this.#finished.size >= this.#limits.assembliesMax) this.#finished.delete(oldest[0])
    this.#finished.set(key, { checks: assembly.checks(), frame, until: at + this.#limits.assemblyTimeoutMs })
  }

  #drop(key: string, assembly: Assembly, reason: 'timeout' | 'naks' | 'too-large' | 'too-many'): Told {
    this.#remove(key, assembly)
    const { latest, missingCount } = assembly
    const missing = assembly.missing(MISSING_TOLD_MAX)
    const notice: LinkNotice = {
      code: 'assembly-dropped',
      reason,
      function: latest.function,
      packets: latest.packets ?? 1,
      missing,
      missingCount,
    }
    return { station: latest.station, notice }
  }

  #remove(key: string, assembly: Assembly): void {
    this.#open.delete(key)
    this.#bytes -= assembly.bytes
  }
}

function keyOf({ station, function: code, packets }: Frame): string {
  return `${station}/${code}/${packets}`
}
