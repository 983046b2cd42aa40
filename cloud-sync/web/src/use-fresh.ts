import { onScopeDispose, type ShallowRef, shallowRef, watch } from 'vue'
import { ApiError } from './api/api-error.ts'

/** An answer that is renewed while it is looked at. */
export interface Fresh<T> {
  /** Null until the first answer, and again when another thing is asked for. */
  readonly value: Readonly<ShallowRef<T | null>>
  readonly failure: Readonly<ShallowRef<ApiError | null>>
}

/** The least time between two questions about the same thing. */
export const FRESH_LEAST_MS = 1_000

/**
 * Asks at once when `subject` changes, dropping the old answer, and again, at most each `FRESH_LEAST_MS`, when `version` changes, keeping
 * the old answer on show until the new one is there. A null subject asks nothing.
 */
export function useFresh<T>(
  subject: () => string | null,
  version: () => unknown,
  ask: (stop: AbortSignal) => Promise<T>,
): Fresh<T> {
  const value = shallowRef<T | null>(null)
  const failure = shallowRef<ApiError | null>(null)
  let running: AbortController | undefined
  let again: ReturnType<typeof setTimeout> | undefined
  let wantsAgain = false

  async function renew(): Promise<void> {
    clearTimeout(again)
    again = undefined
    wantsAgain = false
    const mine = new AbortController()
    running = mine
    try {
      const answer = await ask(mine.signal)
      if (mine.signal.aborted) return
      value.value = answer
      failure.value = null
    } catch (error) {
      if (mine.signal.aborted) return
      failure.value = error instanceof ApiError ? error : new ApiError('contract', String(error), { cause: error })
    }
    again = setTimeout(() => {
      again = undefined
      running = undefined
      if (wantsAgain) void renew()
    }, FRESH_LEAST_MS)
  }

  const drop = () => {
    running?.abort()
    running = undefined
    clearTimeout(again)
    again = undefined
  }

  watch(
    subject,
    (now) => {
      drop()
      value.value = null
      failure.value = null
      if (now !== null) void renew()
    },
    { immediate: true },
  )
  watch(version, () => {
    if (subject() === null) return
    if (running) wantsAgain = true
    else void renew()
  })
  onScopeDispose(drop)
  return { value, failure }
}
