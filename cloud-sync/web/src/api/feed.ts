import type { Check } from './check.ts'
import { eventSplitter, type StreamEvent } from './event-stream.ts'
import { type AlertView, feedData, type RowView } from './views.ts'

/** What the server tells without being asked. */
export type FeedEvent =
  | { readonly kind: 'hello'; readonly now: number; readonly speed: number }
  | { readonly kind: 'readings'; readonly rows: readonly RowView[] }
  | { readonly kind: 'alert'; readonly alert: AlertView }
  | { readonly kind: 'station'; readonly id: string }
  | { readonly kind: 'gateway'; readonly id: string }

export interface FeedListener {
  /** The first event of every connection is `hello`. */
  event(event: FeedEvent): void
  /** The connection is gone or could not be made; told once each try, with what it was. */
  lost(why: unknown): void
}

/** The server sends a heartbeat each 15 s: after this long without a byte the link is dead, whatever TCP thinks. */
export const SILENCE_MAX_MS = 40_000
export const CONNECT_MAX_MS = 8_000
export const RETRY_MIN_MS = 500
export const RETRY_MAX_MS = 10_000

/**
 * Listens to the feed until `stop`, connecting again for ever. It reads the stream itself, not by `EventSource`, which gives up after an
 * HTTP error and cannot see heartbeats. No `Last-Event-ID`: after every `hello` the page asks for the whole state again.
 */
export async function runFeed(url: string, listener: FeedListener, stop: AbortSignal): Promise<void> {
  let retryMs = RETRY_MIN_MS
  while (!stop.aborted) {
    try {
      await listen(
        url,
        (event) => {
          retryMs = RETRY_MIN_MS
          listener.event(event)
        },
        stop,
      )
      listener.lost('ended')
    } catch (error) {
      if (stop.aborted) return
      listener.lost(error)
    }
    await pause(retryMs * (0.75 + Math.random() / 2), stop)
    retryMs = Math.min(retryMs * 2, RETRY_MAX_MS)
  }
}

async function listen(url: string, onEvent: (event: FeedEvent) => void, stop: AbortSignal): Promise<void> {
  const link = new AbortController()
  const cut = () => link.abort()
  stop.addEventListener('abort', cut)
  let watchdog = setTimeout(cut, CONNECT_MAX_MS)
  try {
    const response = await fetch(url, { headers: { accept: 'text/event-stream' }, cache: 'no-store', signal: link.signal })
    if (!response.ok || !response.body) throw new Error(`expected an event stream, got status ${response.status}`)
    const split = eventSplitter()
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      clearTimeout(watchdog)
      watchdog = setTimeout(cut, SILENCE_MAX_MS)
      for (const raw of split(value)) {
        const event = feedEvent(raw)
        if (event) onEvent(event)
      }
    }
  } finally {
    clearTimeout(watchdog)
    stop.removeEventListener('abort', cut)
    link.abort()
  }
}

/** Reads one event; an event of a kind that this page does not know is nothing. @throws ApiError `contract` */
export function feedEvent({ event, data }: StreamEvent): FeedEvent | undefined {
  const read = <T>(check: Check<T>): T => check(JSON.parse(data), `feed ${event}`)
  switch (event) {
    case 'hello':
      return { kind: 'hello', ...read(feedData.hello) }
    case 'readings':
      return { kind: 'readings', ...read(feedData.readings) }
    case 'alert':
      return { kind: 'alert', alert: read(feedData.alert) }
    case 'station':
      return { kind: 'station', ...read(feedData.station) }
    case 'gateway':
      return { kind: 'gateway', ...read(feedData.gateway) }
    default:
      return undefined
  }
}

/** Waits, but no longer than until the browser says that the network is back, or `stop`. */
function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      removeEventListener('online', done)
      stop.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    addEventListener('online', done)
    stop.addEventListener('abort', done)
  })
}
