import { type ComputedRef, computed, type Ref, ref, shallowRef, watch } from 'vue'
import { ApiError } from './api/api-error.ts'
import type { Api } from './api/client.ts'
import type { LettersView, LetterView } from './api/views.ts'
import type { LetterAddress } from './letter-address.ts'
import { useFresh } from './use-fresh.ts'

/** Dead letters page by page, the newest renewed while they are looked at. */
export interface Letters {
  /** The newest page as it came last: how many there are of each kind. */
  readonly newest: Readonly<Ref<LettersView | null>>
  readonly letters: Readonly<Ref<readonly LetterView[]>>
  readonly hasOlder: ComputedRef<boolean>
  readonly isLoadingOlder: Readonly<Ref<boolean>>
  readonly failure: ComputedRef<ApiError | null>
  /** Asks for the next page; what went wrong stands in `failure`. */
  loadOlder(): Promise<void>
}

export function useLetters(api: Api, filter: () => Pick<LetterAddress, 'kind' | 'gateway'>, version: () => unknown): Letters {
  const query = () => ({ kind: filter().kind ?? undefined, gateway: filter().gateway ?? undefined })
  const subject = () => JSON.stringify(query())
  const newest = useFresh(subject, version, (stop) => api.letters(query(), stop))
  const letters = shallowRef<readonly LetterView[]>([])
  const next = ref<string | null>(null)
  const isLoadingOlder = ref(false)
  const olderFailure = shallowRef<ApiError | null>(null)

  function take(page: LettersView): void {
    const ids = new Set(page.letters.map(({ id }) => id))
    const isJoined = letters.value.some(({ id }) => ids.has(id))
    // More came at once than a page holds: what was shown is no longer the next after it.
    if (!isJoined) next.value = page.next
    letters.value = isJoined ? [...page.letters, ...letters.value.filter(({ id }) => !ids.has(id))] : page.letters
  }
  watch(newest.value, (page) => {
    if (page) return take(page)
    letters.value = []
    next.value = null
    olderFailure.value = null
  })

  async function loadOlder(): Promise<void> {
    if (next.value === null || isLoadingOlder.value) return
    const asked = subject()
    isLoadingOlder.value = true
    try {
      const page = await api.letters({ ...query(), before: next.value })
      if (asked !== subject()) return
      const known = new Set(letters.value.map(({ id }) => id))
      letters.value = [...letters.value, ...page.letters.filter(({ id }) => !known.has(id))]
      next.value = page.next
      olderFailure.value = null
    } catch (error) {
      olderFailure.value = error instanceof ApiError ? error : new ApiError('contract', String(error), { cause: error })
    } finally {
      isLoadingOlder.value = false
    }
  }
  return {
    newest: newest.value,
    letters,
    hasOlder: computed(() => next.value !== null),
    isLoadingOlder,
    failure: computed(() => newest.failure.value ?? olderFailure.value),
    loadOlder,
  }
}
