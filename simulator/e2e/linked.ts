import { processTimers, sleep } from '#devices/time'

/** A gateway tries a broker that is away again after half a minute at the latest. */
const WAIT_MAX_MS = 60_000
const LOOK_MS = 100

/**
 * Waits, for a bounded time, until the gateway has its broker again: what it holds then goes out when it is asked to stop. Without it the rows
 * wait in its journal for the next start.
 * @param console where its console listens
 */
export async function untilLinked(console: string, stop: AbortSignal): Promise<void> {
  for (const until = Date.now() + WAIT_MAX_MS; Date.now() < until && !stop.aborted; await sleep(LOOK_MS, stop, processTimers)) {
    const response = await fetch(`${console}/status`, { signal: stop })
    const { uplink } = (await response.json()) as { uplink: { isConnected: boolean } }
    if (uplink.isConnected) return
  }
}
