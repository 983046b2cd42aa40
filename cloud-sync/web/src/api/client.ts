import { ApiError, type ApiErrorCode } from './api-error.ts'
import { type Check, list } from './check.ts'
import {
  type AlertView,
  type AuditView,
  alertView,
  auditView,
  type Bucket,
  bucketsView,
  type LetterKind,
  type LettersView,
  lettersView,
  type RainView,
  rainView,
  type SeriesRow,
  type SiteView,
  type StationView,
  seriesView,
  siteView,
  stationView,
} from './views.ts'

/** The longest the page waits for one answer. */
export const ANSWER_MAX_MS = 10_000

/** A point's place and a time range in epoch ms. */
export interface Range {
  readonly device: string
  readonly point: string
  readonly from: number
  readonly to: number
}

/** Which dead letters: of one kind, of one gateway, behind the one with this id. */
export interface LettersQuery {
  readonly kind?: LetterKind | undefined
  readonly gateway?: string | undefined
  readonly before?: string | undefined
  readonly limit?: number | undefined
}

/** The questions this page asks. Each rejects with `ApiError`. */
export interface Api {
  site(): Promise<SiteView>
  stations(): Promise<readonly StationView[]>
  station(id: string): Promise<StationView>
  /** Newest first, open and cleared. */
  alerts(): Promise<readonly AlertView[]>
  series(range: Range, stop?: AbortSignal): Promise<{ readonly rows: readonly SeriesRow[]; readonly truncated: boolean }>
  /** Thinned on the server to `step` ms. */
  buckets(
    range: Range,
    step: number,
    stop?: AbortSignal,
  ): Promise<{ readonly rows: readonly Bucket[]; readonly truncated: boolean }>
  rain(range: Range, step: number, stop?: AbortSignal): Promise<RainView>
  /** What could not be stored, newest first. */
  letters(query: LettersQuery, stop?: AbortSignal): Promise<LettersView>
  /** The account of every row that gateways gave out. */
  audit(stop?: AbortSignal): Promise<AuditView>
}

type Query = Readonly<Record<string, string | number | undefined>>

/** Asks the server that served the page. */
export function openApi(origin = ''): Api {
  const get = <T>(check: Check<T>, path: string, query: Query = {}, stop?: AbortSignal): Promise<T> => {
    const said = Object.entries(query).filter(([, value]) => value !== undefined)
    const search = new URLSearchParams(said.map(([key, value]) => [key, String(value)])).toString()
    return ask(`${origin}${path}${search && `?${search}`}`, check, stop)
  }
  return {
    site: () => get(siteView, '/api/site'),
    stations: () => get(list(stationView), '/api/stations'),
    station: (id) => get(stationView, `/api/stations/${encodeURIComponent(id)}`),
    alerts: () => get(list(alertView), '/api/alerts', { state: 'all' }),
    series: (range, stop) => get(seriesView, '/api/series', { ...range }, stop),
    buckets: (range, step, stop) => get(bucketsView, '/api/series', { ...range, step }, stop),
    rain: (range, step, stop) => get(rainView, '/api/rain', { ...range, step }, stop),
    letters: (query, stop) => get(lettersView, '/api/dead-letters', { ...query }, stop),
    audit: (stop) => get(auditView, '/api/audit', {}, stop),
  }
}

async function ask<T>(url: string, check: Check<T>, stop?: AbortSignal): Promise<T> {
  const late = AbortSignal.timeout(ANSWER_MAX_MS)
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    signal: stop ? AbortSignal.any([late, stop]) : late,
  }).catch((cause: unknown) => {
    if (stop?.aborted) throw cause
    throw new ApiError(late.aborted ? 'timeout' : 'unreachable', url, { cause })
  })
  const body: unknown = await response.json().catch(() => undefined)
  if (!response.ok)
    throw new ApiError(codeOf(response.status), `${response.status} ${serverCode(body)} ${url}`.replace(/ +/g, ' '))
  return check(body, url)
}

function codeOf(status: number): ApiErrorCode {
  if (status === 403) return 'forbidden'
  if (status === 404) return 'not-found'
  return status < 500 ? 'refused' : 'unavailable'
}

function serverCode(body: unknown): string {
  return typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string' ? body.code : ''
}
