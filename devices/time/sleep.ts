import type { Timers } from './timers.ts'

/** Resolves after so many machine milliseconds, rounded up, or at once when `stop` is aborted; never rejects. */
export function sleep(ms: number, stop: AbortSignal, timers: Timers): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) return resolve()
    const done = (): void => {
      cancel()
      stop.removeEventListener('abort', done)
      resolve()
    }
    const cancel = timers.after(Math.ceil(ms), done)
    stop.addEventListener('abort', done)
  })
}
