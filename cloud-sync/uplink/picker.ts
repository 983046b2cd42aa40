import type { Clock } from '#devices'
import type { Bell } from '#devices/time'
import { BATCH_BYTES_MAX, BATCH_ROWS_MAX, type Lane } from '#wire'
import type { Outbox, OutgoingBatch } from './outbox.ts'
import { type Share, Shares } from './shares.ts'
import type { Window } from './window.ts'

/** Live readings wait this long for others to share their batch: half of the second in which they must be stored. */
export const LINGER_MS = 400

/** Where batches come from. */
type Source = 'alarm' | 'event' | Share

const LANE_OF: Readonly<Record<Source, Lane>> = { alarm: 'alarm', event: 'event', fresh: 'reading', backlog: 'reading' }

export interface PickerOptions {
  readonly outbox: Outbox
  readonly window: Window
  readonly bell: Bell
  readonly clock: Pick<Clock, 'mono'>
  /** Nothing lingers any more. */
  readonly isDraining: () => boolean
  /** No batch of readings is larger, whatever the link carries. */
  readonly bytesMax: () => number
}

/**
 * Says which batch goes next on one connection: alarms first, then events, then readings in two shares, each in the order of its numbers. While one
 * batch is on its way to the broker the next one is fetched.
 */
export class Picker {
  readonly #options: PickerOptions
  readonly #shares = new Shares()
  /** The highest seq of each source that was fetched on this connection. */
  #cursor: Record<Source, number>
  /** Readings up to here waited already when the connection began. */
  readonly #backlogEnd: number
  #held: { readonly source: Source; readonly batch: OutgoingBatch } | null = null
  #fetching: Promise<void> | null = null
  #failure: Error | null = null
  /** Counts how often a cursor was set back: what was fetched for the one before does not move the new one. */
  #turn = 0
  /** Since when fresh readings wait that were not fetched. */
  #lingering: number | null = null

  constructor(options: PickerOptions) {
    this.#options = options
    this.#backlogEnd = this.#issued('reading')
    this.#cursor = { alarm: 0, event: 0, fresh: this.#backlogEnd, backlog: 0 }
  }

  get isLingering(): boolean {
    return this.#lingering !== null
  }

  /** The share that the batch belongs to; null for what is no reading. */
  shareOf({ lane, first }: Pick<OutgoingBatch, 'lane' | 'first'>): Share | null {
    return lane === 'reading' ? (first > this.#backlogEnd ? 'fresh' : 'backlog') : null
  }

  /** The batch that may go now; null where there is none, or none yet: the bell rings once it was fetched. @throws what the outbox throws */
  async pick(): Promise<OutgoingBatch | null> {
    if (this.#failure) throw this.#failure
    const alarm = await this.#next('alarm')
    if (alarm) return alarm
    if (this.#held === null) {
      this.#fetching ??= this.#fetch()
      return null
    }
    const { batch } = this.#held
    if (this.#options.window.fits(batch.lane, batch.bytes.length)) {
      this.#held = null
      return batch
    }
    // Readings that may not go, also for a long time without credit, hold no event back.
    if (batch.lane === 'reading' && this.#mayGo('event')) {
      this.goBack('reading', batch.first)
      this.#fetching ??= this.#fetch()
    }
    return null
  }

  /** What lies from this seq on goes again, where it is not under way. */
  goBack(lane: Lane, seq: number): void {
    this.#turn += 1
    const held = this.#held?.batch.lane === lane ? this.#held.batch : null
    if (held) this.#held = null
    const after = Math.min(seq, held?.first ?? seq) - 1
    const floor: Readonly<Record<Source, number>> = { alarm: 0, event: 0, fresh: this.#backlogEnd, backlog: 0 }
    for (const source of ['alarm', 'event', 'fresh', 'backlog'] as const)
      if (LANE_OF[source] === lane) this.#cursor[source] = Math.max(floor[source], Math.min(this.#cursor[source], after))
  }

  #fetch(): Promise<void> | null {
    const source = this.#choose()
    if (source === null) return null
    return this.#next(source)
      .then(
        (batch) => {
          if (batch === null) return
          this.#held = { source, batch }
          if (source === 'fresh' || source === 'backlog') this.#shares.charge(source, batch.bytes.length)
        },
        (error: Error) => {
          this.#failure = error
        },
      )
      .finally(() => {
        this.#fetching = null
        this.#options.bell.ring()
      })
  }

  #choose(): Source | null {
    const { window } = this.#options
    if (this.#mayGo('event')) return 'event'
    const isFresh = this.#isFreshReady()
    return this.#shares.choose({ fresh: isFresh && window.hasRoom('reading'), backlog: this.#mayGo('backlog') })
  }

  #mayGo(source: 'event' | 'backlog'): boolean {
    return this.#cursor[source] < this.#end(source) && this.#options.window.hasRoom(LANE_OF[source])
  }

  /** Whether fresh readings are a full batch or have waited long enough. */
  #isFreshReady(): boolean {
    const { clock, isDraining } = this.#options
    const count = this.#issued('reading') - this.#cursor.fresh
    if (count <= 0) this.#lingering = null
    else this.#lingering ??= clock.mono()
    return this.#lingering !== null && (isDraining() || count >= BATCH_ROWS_MAX || clock.mono() - this.#lingering >= LINGER_MS)
  }

  async #next(source: Source): Promise<OutgoingBatch | null> {
    const { outbox, window } = this.#options
    const lane = LANE_OF[source]
    for (let end = this.#end(source); this.#cursor[source] < end; end = this.#end(source)) {
      const turn = this.#turn
      const bytesMax = Math.min(this.#options.bytesMax(), lane === 'alarm' ? BATCH_BYTES_MAX : window.batchBytes)
      const batch = await outbox.next(lane, this.#cursor[source], end, BATCH_ROWS_MAX, Math.floor(bytesMax))
      // It is sealed, and found again.
      if (turn !== this.#turn) return null
      if (batch && batch.rows > 1 && batch.bytes.length > this.#options.bytesMax()) {
        await outbox.reseal(lane, batch.first, this.#options.bytesMax())
        continue
      }
      this.#cursor[source] = batch?.last ?? end
      if (batch === null || window.holds(batch)) continue
      if (source === 'fresh' && batch.last >= end) this.#lingering = null
      return batch
    }
    return null
  }

  #end(source: Source): number {
    return source === 'backlog' ? this.#backlogEnd : this.#issued(LANE_OF[source])
  }

  #issued(lane: Lane): number {
    return this.#options.outbox.lanes[lane].issued
  }
}
