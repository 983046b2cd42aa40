import { type ShallowRef, shallowRef } from 'vue'
import { ApiError } from './api/api-error.ts'
import type { Api } from './api/client.ts'
import { type FeedEvent, RETRY_MAX_MS, RETRY_MIN_MS, runFeed } from './api/feed.ts'
import { type DeskEvent, type DeskState, nothingYet, reduce } from './desk-state.ts'
import { siteClock } from './site-clock.ts'

/** Stations that changed are asked for together after this long. */
export const GATHER_MS = 250
/** Above this many changed stations the whole list is asked for. */
export const SINGLE_STATIONS_MAX = 8
/** Feed events kept while a snapshot is on its way; with more, the snapshot is asked for again. */
export const HELD_EVENTS_MAX = 2_000

/** What the pages of the duty desk look at. */
export interface Desk {
  readonly state: Readonly<ShallowRef<DeskState>>
  /** Why there is nothing to show, or why it could not be renewed. */
  readonly failure: Readonly<ShallowRef<ApiError | null>>
  /** Site time in ms, renewed once a machine second; null until it is known. */
  readonly now: Readonly<ShallowRef<number | null>>
  /** Monotonic machine time in ms, renewed with `now`. */
  readonly mono: Readonly<ShallowRef<number>>
  readonly speed: Readonly<ShallowRef<number>>
  /** Asks for everything again. */
  reload(): void
}

/** Follows the site until `stop`: the snapshot, the feed, and a new snapshot after every break. */
export function startDesk(api: Api, feedUrl: string, stop: AbortSignal): Desk {
  const mono = () => performance.now()
  const clock = siteClock(mono)
  const state = shallowRef(nothingYet)
  const failure = shallowRef<ApiError | null>(null)
  const now = shallowRef<number | null>(null)
  const seconds = shallowRef(mono())
  const speed = shallowRef(1)
  const apply = (event: DeskEvent) => {
    state.value = reduce(state.value, event)
  }
  const tick = () => {
    now.value = clock.now()
    seconds.value = mono()
  }

  let isUp = false
  let connection = 0
  let held: DeskEvent[] | null = null
  let wantsAgain = false
  let retryMs = RETRY_MIN_MS
  let retry: ReturnType<typeof setTimeout> | undefined
  const changed = new Set<string>()
  let gathering: ReturnType<typeof setTimeout> | undefined

  async function load(): Promise<void> {
    if (held) {
      wantsAgain = true
      return
    }
    clearTimeout(retry)
    // What the feed tells from now on may be newer than the answers: it is applied to them once more.
    const later: DeskEvent[] = []
    held = later
    wantsAgain = false
    const mine = connection
    try {
      const [site, stations, alerts] = await Promise.all([api.site(), api.stations(), api.alerts()])
      if (stop.aborted) return
      if (clock.now() === null || !isUp) setClock(site.now, site.speed)
      apply({ kind: 'snapshot', site, stations, alerts, live: isUp && connection === mine })
      for (const event of later) apply(event)
      failure.value = null
      retryMs = RETRY_MIN_MS
    } catch (error) {
      if (stop.aborted) return
      failure.value = error instanceof ApiError ? error : new ApiError('contract', String(error), { cause: error })
      retry = setTimeout(load, retryMs)
      retryMs = Math.min(retryMs * 2, RETRY_MAX_MS)
    } finally {
      held = null
      if (wantsAgain && !stop.aborted) void load()
    }
  }

  const take = (event: DeskEvent) => {
    apply(event)
    if (!held) return
    if (held.length < HELD_EVENTS_MAX) held.push(event)
    else wantsAgain = true
  }

  function setClock(time: number, pace: number): void {
    clock.set(time, pace)
    speed.value = pace
    tick()
  }

  const gather = (station: string) => {
    changed.add(station)
    gathering ??= setTimeout(refresh, GATHER_MS)
  }

  /** Renews the stations that changed; when it cannot, the next snapshot will. */
  async function refresh(): Promise<void> {
    gathering = undefined
    const ids = [...changed]
    changed.clear()
    if (ids.length > SINGLE_STATIONS_MAX) return load()
    for (const id of ids) {
      try {
        take({ kind: 'station', station: await api.station(id) })
      } catch (error) {
        if (error instanceof ApiError && error.code === 'not-found') take({ kind: 'gone', station: id })
        else return load()
      }
    }
  }

  function onEvent(event: FeedEvent): void {
    switch (event.kind) {
      case 'hello':
        isUp = true
        connection++
        setClock(event.now, event.speed)
        void load()
        return
      case 'readings':
        for (const id of stationsThatMayChange(state.value, event.rows)) gather(id)
        take(event)
        return
      case 'alert':
        take(event)
        gather(event.alert.station)
        return
      case 'station':
        gather(event.id)
        return
      case 'gateway': {
        const its = state.value.stations.filter(({ gateway }) => gateway === event.id)
        for (const { id } of its) gather(id)
        // A gateway that comes may bring stations that the page has never seen.
        if (its.length === 0) void load()
      }
    }
  }

  const timer = setInterval(tick, 1_000)
  const feed = runFeed(
    feedUrl,
    {
      event: onEvent,
      lost: () => {
        isUp = false
        apply({ kind: 'lost', mono: mono(), asOf: state.value.link.state === 'live' ? clock.now() : null })
        if (state.value.site === null) void load()
      },
    },
    stop,
  )
  stop.addEventListener('abort', () => {
    clearInterval(timer)
    clearTimeout(retry)
    clearTimeout(gathering)
  })
  void feed
  return { state, failure, now, mono: seconds, speed, reload: () => void load() }
}

/** A first value, or one of another quality, may change what the server says of the whole station. */
function* stationsThatMayChange(
  { stations }: DeskState,
  rows: readonly { readonly device: string; readonly point: string; readonly quality: string }[],
): Iterable<string> {
  for (const { id, points } of stations) {
    const changes = points.some(({ device, point, latest }) =>
      rows.some((row) => row.device === device && row.point === point && row.quality !== latest?.quality),
    )
    if (changes) yield id
  }
}
