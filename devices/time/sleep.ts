/** Resolves after so many machine milliseconds, rounded up, or at once when `stop` is aborted; never rejects. */
export function sleep(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      stop.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, Math.ceil(ms))
    stop.addEventListener('abort', done)
  })
}
