import { processTimers, sleep } from '#devices/time'

const LOOK_MS = 50

/** Looks again and again until it is so. @returns whether it came to be so within the bound */
export async function until(isSo: () => boolean | Promise<boolean>, boundMs: number, stop: AbortSignal): Promise<boolean> {
  for (const end = performance.now() + boundMs; performance.now() < end && !stop.aborted; await pause(LOOK_MS, stop)) {
    if (await isSo()) return true
  }
  return false
}

/** Machine time passes. */
export function pause(ms: number, stop: AbortSignal): Promise<void> {
  return sleep(ms, stop, processTimers)
}
