/** Waiting on machine time; passed in like every time. */
export interface Timers {
  /** Calls once, after so many machine milliseconds. @returns cancels it */
  after(ms: number, call: () => void): () => void
}

/** The timers of this process. */
export const processTimers: Timers = {
  after(ms, call) {
    const timer = setTimeout(call, ms)
    return () => clearTimeout(timer)
  },
}
