import type { RaisedChange } from './alert-score.ts'
import type { StoredRow } from './reconcile.ts'

/** Rows of one answer. */
const ROWS_MAX = 50_000

/** An incident as the API gives it, as far as it is looked at here. */
export interface AlertView {
  readonly id: string
  readonly rule: string
  readonly device: string
  readonly state: string
  readonly changes: readonly (RaisedChange & {
    readonly kind: string
    readonly sources: readonly string[]
    readonly recorded: number
  })[]
}

export interface EventView {
  readonly id: number
  readonly lane: string
  readonly kind: string
  readonly at: number
  readonly device?: string
  readonly body: Readonly<Record<string, unknown>>
}

/** What the feed tells, with the machine time of its arrival. */
export interface FeedMessage {
  readonly event: string
  readonly data: unknown
  readonly arrived: number
}

/** Asks the cloud as any program would: over HTTP. */
export class CloudClient {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  async rows(device: string, point: string): Promise<StoredRow[]> {
    const rows: StoredRow[] = []
    for (let from = 0; ; ) {
      const query = new URLSearchParams({ device, point, from: String(from), to: String(8e15), limit: String(ROWS_MAX) })
      const page = await this.#get<{ rows: Omit<StoredRow, 'device' | 'point'>[]; truncated: boolean }>(`/api/series?${query}`)
      const last = page.rows.at(-1)?.at
      // A page that was cut may end between two rows of one instant: that instant is asked again.
      rows.push(...page.rows.filter(({ at }) => !page.truncated || at !== last).map((row) => ({ device, point, ...row })))
      if (!page.truncated || last === undefined) return rows
      from = last
    }
  }

  alerts(): Promise<AlertView[]> {
    return this.#get('/api/alerts?state=all')
  }

  async events(): Promise<EventView[]> {
    const events: EventView[] = []
    for (;;) {
      const page = await this.#get<EventView[]>(`/api/events?after=${events.at(-1)?.id ?? 0}&limit=1000`)
      if (page.length === 0) return events
      events.push(...page)
    }
  }

  audit(): Promise<{ ok: boolean }> {
    return this.#get('/api/audit')
  }

  /** Follows the feed until `stop`; a broken connection is made again, from where it broke. */
  async *feed(stop: AbortSignal): AsyncGenerator<FeedMessage, void, undefined> {
    let last = ''
    while (!stop.aborted) {
      try {
        const response = await fetch(`${this.#url}/api/feed`, { headers: last ? { 'last-event-id': last } : {}, signal: stop })
        for await (const { id, event, data } of eventsOf(response.body)) {
          if (id) last = id
          yield { event, data: JSON.parse(data), arrived: Date.now() }
        }
      } catch {
        // The cloud is away, as it may be in a run that kills it.
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS))
      }
    }
  }

  async #get<T>(path: string): Promise<T> {
    const response = await fetch(this.#url + path)
    if (!response.ok) throw new Error(`expected 200 from ${path}, got ${response.status}: ${await response.text()}`)
    return (await response.json()) as T
  }
}

const RECONNECT_MS = 200

/** Server-sent events of a body: https://html.spec.whatwg.org/multipage/server-sent-events.html */
async function* eventsOf(
  body: ReadableStream<Uint8Array> | null,
): AsyncGenerator<{ id: string; event: string; data: string }, void, undefined> {
  if (body === null) return
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true })
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = text
        .slice(0, end)
        .split('\n')
        .map((line) => line.split(/: ?(.*)/s))
      text = text.slice(end + 2)
      const field = (name: string) =>
        fields
          .filter(([key]) => key === name)
          .map(([, value]) => value)
          .join('\n')
      if (field('data')) yield { id: field('id'), event: field('event') || 'message', data: field('data') }
    }
  }
}
