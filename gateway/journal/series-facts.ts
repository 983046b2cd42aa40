import type { DeviceDescribed, EventBody, PointDescription, SiteEvent } from '#wire'
import type { Statements } from './statements.ts'
import type { Steps } from './thinning.ts'

/** What is known of the series in the journal: whose they are, and what their points mean, as the devices were described in it. */
export class SeriesFacts {
  readonly #sql: Statements
  readonly #series = new Map<number, { readonly device: string; readonly point: string; readonly hash: string }>()
  /** By profile version and point. Null: the file was not asked yet. */
  #meanings: Map<string, PointDescription['meaning']> | null = null

  constructor(sql: Statements) {
    this.#sql = sql
  }

  device(series: number): string {
    return this.#of(series)?.device ?? ''
  }

  /**
   * A counter and a state keep each new value the first time; the second time a counter keeps where it fell, beside its lowest and highest,
   * so that what it counted in all stays right. A point that nobody described is thinned as a gauge.
   */
  steps(series: number, pass: 1 | 2): Steps {
    this.#meanings ??= this.#load()
    const { hash, point } = this.#of(series) ?? {}
    const meaning = this.#meanings.get(`${hash} ${point}`) ?? 'gauge'
    if (meaning === 'gauge') return 'none'
    return pass === 1 ? 'all' : meaning === 'counter' ? 'falls' : 'none'
  }

  learn({ kind, body }: SiteEvent): void {
    if (kind === 'device.described' && this.#meanings) describe(this.#meanings, body)
  }

  #load(): Map<string, PointDescription['meaning']> {
    const meanings = new Map<string, PointDescription['meaning']>()
    for (const { body } of this.#sql.all<{ body: string }>("SELECT body FROM fact WHERE kind = 'device.described' ORDER BY at"))
      describe(meanings, JSON.parse(body) as EventBody)
    return meanings
  }

  #of(series: number) {
    const known = this.#series.get(series)
    if (known) return known
    const found = this.#sql.get<{ device: string; point: string; hash: string }>(
      'SELECT device, point, hash FROM series WHERE id = ?',
      series,
    )
    if (found) this.#series.set(series, found)
    return found
  }
}

function describe(meanings: Map<string, PointDescription['meaning']>, body: EventBody): void {
  const { hash, points } = body as Partial<DeviceDescribed>
  for (const [point, { meaning }] of Object.entries(points ?? {})) meanings.set(`${hash} ${point}`, meaning)
}
