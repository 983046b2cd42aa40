import { ApiError, type ApiErrorCode } from './api-error.ts'
import { type Check, list } from './check.ts'
import {
  type AlertView,
  alertView,
  type Bucket,
  bucketsView,
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
}

/** Asks the server that served the page. */
export function openApi(origin = ''): Api {
  const get = <T>(check: Check<T>, path: string, query: Record<string, string | number> = {}, stop?: AbortSignal): Promise<T> => {
    const search = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)])).toString()
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
