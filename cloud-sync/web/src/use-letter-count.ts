import { type ComputedRef, computed } from 'vue'
import type { Api } from './api/client.ts'
import { LETTER_KINDS } from './api/views.ts'
import type { Desk } from './desk.ts'
import { useFresh } from './use-fresh.ts'

/** How old the number may get, in machine ms. */
const RENEW_MS = 60_000

/** How many things could not be stored, renewed each minute and with the link; null until it is known. */
export function useLetterCount(api: Api, desk: Desk | null): ComputedRef<number | null> {
  const page = useFresh(
    () => (desk?.state.value.site ? 'all' : null),
    () => `${Math.floor((desk?.mono.value ?? 0) / RENEW_MS)} ${desk?.state.value.link.state}`,
    (stop) => api.letters({ limit: 1 }, stop),
  )
  return computed(() => {
    const counts = page.value.value?.counts
    return counts ? LETTER_KINDS.reduce((sum, kind) => sum + counts[kind], 0) : null
  })
}
