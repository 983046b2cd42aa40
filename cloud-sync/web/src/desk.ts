import { shallowRef } from 'vue'
import { ApiError } from './api/api-error.ts'
import type { Api } from './api/client.ts'
import { type FeedEvent, RETRY_MAX_MS, RETRY_MIN_MS, runFeed } from './api/feed.ts'
import type { RowView } from './api/views.ts'
import { type DeskEvent, type DeskState, nothingYet, reduce } from './desk-state.ts'
import { siteClock } from './site-clock.ts'

/** Stations that changed are asked for together after this long. */
export const GATHER_MS = 250
/** Above this many changed stations the whole list is asked for. */
export const SINGLE_STATIONS_MAX = 8
/** Feed events kept while a snapshot is on its way; with more, the snapshot is asked for again. */
export const HELD_EVENTS_MAX = 2_000
const TICK_MS = 1_000

/** Follows the site: the snapshot, the feed, and a new snapshot after every break. What the pages of the duty desk look at. */
export class Desk {
  readonly state = shallowRef<DeskState>(nothingYet)
  /** Why there is nothing to show, or why it could not be renewed. */
  readonly failure = shallowRef<ApiError | null>(null)
  /** Site time in ms, renewed once a machine second; null until it is known. */
  readonly now = shallowRef<number | null>(null)
  /** Monotonic machine time in ms, renewed with `now`. */
  readonly mono = shallowRef(performance.now())
  readonly speed = shallowRef(1)

  readonly #api: Api
  readonly #stop: AbortSignal
  readonly #clock = siteClock(() => performance.now())
  #isUp = false
  /** Counts the feed's connections: a snapshot that was asked for in an earlier one is not live. */
  #connection = 0
  /** What the feed told since the running snapshot was asked for; null when none is. */
  #held: DeskEvent[] | null = null
  #wantsAgain = false
  #retryMs = RETRY_MIN_MS
  #retry: ReturnType<typeof setTimeout> | undefined
  readonly #changed = new Set<string>()
  #gathering: ReturnType<typeof setTimeout> | undefined

  private constructor(api: Api, stop: AbortSignal) {
    this.#api = api
    this.#stop = stop
  }

  /** Runs until `stop`. */
  static start(api: Api, feedUrl: string, stop: AbortSignal): Desk {
    const desk = new Desk(api, stop)
    const ticking = setInterval(() => desk.#tick(), TICK_MS)
    stop.addEventListener('abort', () => {
      clearInterval(ticking)
      clearTimeout(desk.#retry)
      clearTimeout(desk.#gathering)
    })
    // It ends by `stop` alone and tells its troubles to `lost`.
    void runFeed(feedUrl, { event: (event) => desk.#onEvent(event), lost: () => desk.#onLost() }, stop)
    return desk
  }

  /** Asks for everything again. Never rejects: what went wrong stands in `failure`, and it is tried again. */
  async reload(): Promise<void> {
    if (this.#held) {
      this.#wantsAgain = true
      return
    }
    clearTimeout(this.#retry)
    // What the feed tells from now on may be newer than the answers: it is applied to them once more.
    const held: DeskEvent[] = []
    this.#held = held
    this.#wantsAgain = false
    const connection = this.#connection
    try {
      const [site, stations, alerts] = await Promise.all([this.#api.site(), this.#api.stations(), this.#api.alerts()])
      if (this.#stop.aborted) return
      if (!this.#isUp) this.#setClock(site.now, site.speed)
      this.#apply({ kind: 'snapshot', site, stations, alerts, live: this.#isUp && connection === this.#connection })
      for (const event of held) this.#apply(event)
      this.failure.value = null
      this.#retryMs = RETRY_MIN_MS
    } catch (error) {
      if (this.#stop.aborted) return
      this.failure.value = error instanceof ApiError ? error : new ApiError('contract', String(error), { cause: error })
      this.#retry = setTimeout(() => this.reload(), this.#retryMs)
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS)
    } finally {
      this.#held = null
      if (this.#wantsAgain && !this.#stop.aborted) void this.reload()
    }
  }

  #onEvent(event: FeedEvent): void {
    switch (event.kind) {
      case 'hello':
        this.#isUp = true
        this.#connection++
        this.#setClock(event.now, event.speed)
        void this.reload()
        return
      case 'readings':
        for (const id of stationsThatMayChange(this.state.value, event.rows)) this.#gather(id)
        this.#take(event)
        return
      case 'alert':
        this.#take(event)
        this.#gather(event.alert.station)
        return
      case 'station':
        this.#gather(event.id)
        return
      case 'gateway': {
        const its = this.state.value.stations.filter(({ gateway }) => gateway === event.id)
        for (const { id } of its) this.#gather(id)
        // A gateway that comes may bring stations that the page has never seen.
        if (its.length === 0) void this.reload()
      }
    }
  }

  #onLost(): void {
    this.#isUp = false
    const wasLive = this.state.value.link.state === 'live'
    this.#apply({ kind: 'lost', mono: performance.now(), asOf: wasLive ? this.#clock.now() : null })
    if (this.state.value.site === null) void this.reload()
  }

  #apply(event: DeskEvent): void {
    this.state.value = reduce(this.state.value, event)
  }

  /** Applies what is newer than any snapshot that is on its way. */
  #take(event: DeskEvent): void {
    this.#apply(event)
    if (!this.#held) return
    if (this.#held.length < HELD_EVENTS_MAX) this.#held.push(event)
    else this.#wantsAgain = true
  }

  #gather(station: string): void {
    this.#changed.add(station)
    this.#gathering ??= setTimeout(() => this.#refresh(), GATHER_MS)
  }

  /** Renews the stations that changed; when it cannot, the next snapshot will. */
  async #refresh(): Promise<void> {
    this.#gathering = undefined
    const ids = [...this.#changed]
    this.#changed.clear()
    if (ids.length > SINGLE_STATIONS_MAX) return this.reload()
    for (const id of ids) {
      try {
        this.#take({ kind: 'station', station: await this.#api.station(id) })
      } catch (error) {
        if (!(error instanceof ApiError && error.code === 'not-found')) return this.reload()
        this.#take({ kind: 'gone', station: id })
      }
    }
  }

  #setClock(now: number, speed: number): void {
    this.#clock.set(now, speed)
    this.speed.value = speed
    this.#tick()
  }

  #tick(): void {
    this.now.value = this.#clock.now()
    this.mono.value = performance.now()
  }
}

/** A first value, or one of another quality, may change what the server says of the whole station. */
function* stationsThatMayChange(
  { stations }: DeskState,
  rows: readonly Pick<RowView, 'device' | 'point' | 'quality'>[],
): Iterable<string> {
  for (const { id, points } of stations) {
    const changes = points.some(({ device, point, latest }) =>
      rows.some((row) => row.device === device && row.point === point && row.quality !== latest?.quality),
    )
    if (changes) yield id
  }
}
