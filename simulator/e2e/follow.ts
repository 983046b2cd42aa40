import { setTimeout as sleep } from 'node:timers/promises'
import type { CloudClient, FeedMessage } from './cloud-client.ts'

/** Nothing comes for this long: the last rows have been stored and judged. */
const QUIET_MS = 700
const SETTLE_MAX_MS = 15_000

/** Writes down what the feed tells, until disposed. */
export function followFeed(client: CloudClient, feed: FeedMessage[]): AsyncDisposable {
  const ending = new AbortController()
  const following = (async () => {
    for await (const message of client.feed(ending.signal)) feed.push(message)
  })()
  return {
    async [Symbol.asyncDispose]() {
      ending.abort()
      await following
    },
  }
}

/** Waits, for a bounded time, until the audit finds no gap and the feed has been silent for a moment. */
export async function settle(client: CloudClient, feed: readonly FeedMessage[]): Promise<void> {
  for (const until = Date.now() + SETTLE_MAX_MS; Date.now() < until; ) {
    const length = feed.length
    await sleep(QUIET_MS)
    if (feed.length === length && (await client.audit()).ok) return
  }
}
