import { processTimers, sleep } from '#devices/time'
import type { GatewayStatus } from '#gateway'

/** A gateway tries a broker that is away again after half a minute at the latest. */
const WAIT_MAX_MS = 60_000
const LOOK_MS = 100

/**
 * Waits, for a bounded time, until the gateway has its broker again and the cloud has the alarms and events of the time between: what else it holds
 * then goes out when it is asked to stop. What it sent while no ingest listened goes again after a while only, and would wait for the next start.
 * @param console where its console listens
 */
export async function untilLinked(console: string, stop: AbortSignal): Promise<void> {
  for (const until = Date.now() + WAIT_MAX_MS; Date.now() < until && !stop.aborted; await sleep(LOOK_MS, stop, processTimers)) {
    const response = await fetch(`${console}/status`, { signal: stop })
    const { uplink, journal } = (await response.json()) as Pick<GatewayStatus, 'uplink' | 'journal'>
    if (uplink.isConnected && journal.lanes.alarm.waiting + journal.lanes.event.waiting === 0) return
  }
}
