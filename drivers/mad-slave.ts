import { encodeResponse, encodeRtu, type Request } from '#protocols/modbus'
import { type Asked, readOf } from './scripted-slave.ts'

/** What a device may do instead of answering. */
export const MADNESS = [
  'silent',
  'late',
  'disordered',
  'withheld',
  'cut',
  'flipped',
  'doubled',
  'foreign behind',
  'foreign before',
  'noise before',
  'another unit',
  'another length',
  'refused',
  'garbage',
  'behind',
] as const
export type Madness = (typeof MADNESS)[number]

/** How many requests a device stays one answer behind, once it is. */
const BEHIND_REQUESTS = 8

/** What a sound device says: every register of every unit differs, so that a value of another register, unit or time shows. */
export function truthOf(unit: number, request: Request): number[] {
  const { function: code, address, count } = readOf(request)
  return Array.from({ length: count }, (_, index) => ((unit * 4 + code) * 4096 + address + index) & 0xffff)
}

/**
 * For tests: devices that do a share of their answers wrong in every way that a line knows. A device works in the order it was asked, as they
 * all do; only `disordered` answers come when they like, but within twice the master's patience, and overtake none.
 */
export class MadSlave {
  readonly #random: () => number
  readonly #timeoutMs: number
  readonly #units = new Map<number, { tail: Promise<void>; pending: number; withheld: Uint8Array[]; behind: number }>()
  /** Share of the requests that meet madness. */
  madness = 0.4
  readonly struck = new Map<Madness, number>()

  constructor(random: () => number, timeoutMs: number) {
    this.#random = random
    this.#timeoutMs = timeoutMs
  }

  answer(asked: Asked): void {
    const unit = this.#units.get(asked.unit) ?? { tail: Promise.resolve(), pending: 0, withheld: [], behind: 0 }
    this.#units.set(asked.unit, unit)
    const kind = unit.behind > 0 ? 'behind' : this.#random() < this.madness ? MADNESS[this.#below(MADNESS.length)] : undefined
    if (kind) this.struck.set(kind, (this.struck.get(kind) ?? 0) + 1)
    const own = frameFor(asked)
    const before = unit.withheld.splice(0)
    const send = (...frames: Uint8Array[]): void => {
      const bytes = Buffer.concat([...before, ...frames])
      unit.pending++
      unit.tail = unit.tail.then(() => {
        unit.pending--
        asked.write(bytes)
      })
    }
    if (kind === 'late') {
      const delayMs = this.#timeoutMs * (0.8 + this.#random() * 4)
      unit.tail = unit.tail.then(() => new Promise((resolve) => void setTimeout(resolve, delayMs)))
      send(own)
    } else if (kind === 'disordered' && unit.pending === 0) {
      const latest = performance.now() + this.#timeoutMs * 2
      // A machine that stalls may fire a timer later than this device is.
      setTimeout(() => performance.now() < latest && asked.write(own), this.#timeoutMs * (1 + this.#random() * 0.9))
      send()
    } else if (kind === 'withheld') {
      unit.withheld.push(...before, own)
    } else if (kind === 'behind') {
      unit.behind = unit.behind === 0 ? BEHIND_REQUESTS : unit.behind - 1
      unit.withheld.push(own)
      send()
    } else send(...this.#mutilated(kind, asked, own))
  }

  #mutilated(kind: Madness | undefined, asked: Asked, own: Uint8Array): Uint8Array[] {
    const stranger = frameFor({ ...asked, unit: asked.unit + 100 })
    switch (kind) {
      case 'silent':
        return []
      case 'cut':
        return [own.subarray(0, 1 + this.#below(own.length - 1))]
      case 'flipped':
        return [this.#flipped(own)]
      case 'doubled':
        return [own, own]
      case 'foreign behind':
        return [own, stranger]
      case 'foreign before':
        return [stranger, own]
      case 'noise before':
        return [this.#noise(), own]
      case 'another unit':
        return [stranger]
      case 'another length':
        return [frameFor({ ...asked, request: { ...readOf(asked.request), count: readOf(asked.request).count + 5 } })]
      case 'refused':
        return [encodeRtu(asked.unit, encodeResponse({ function: asked.request.function, exception: 1 + this.#below(11) }))]
      case 'garbage':
        return [this.#noise(), this.#noise(), this.#noise()]
      default:
        return [own]
    }
  }

  /** One to three bits: what a CRC of sixteen always sees. */
  #flipped(frame: Uint8Array): Uint8Array {
    const flipped = new Uint8Array(frame)
    const bits = new Set(Array.from({ length: 1 + this.#below(3) }, () => this.#below(frame.length * 8)))
    for (const bit of bits) flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    return flipped
  }

  #noise(): Uint8Array {
    return Uint8Array.from({ length: 1 + this.#below(9) }, () => this.#below(256))
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }
}

function frameFor({ unit, request }: Pick<Asked, 'unit' | 'request'>): Uint8Array {
  return encodeRtu(unit, encodeResponse({ function: readOf(request).function === 3 ? 3 : 4, registers: truthOf(unit, request) }))
}
