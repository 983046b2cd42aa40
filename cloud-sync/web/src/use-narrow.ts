import { onScopeDispose, type Ref, ref } from 'vue'

/** Whether the screen is a phone's: there a table becomes cards. */
export function useNarrow(): Readonly<Ref<boolean>> {
  const query = matchMedia('(max-width: 720px)')
  const isNarrow = ref(query.matches)
  const onChange = () => {
    isNarrow.value = query.matches
  }
  query.addEventListener('change', onChange)
  onScopeDispose(() => query.removeEventListener('change', onChange))
  return isNarrow
}
