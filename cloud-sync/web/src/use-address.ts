import { onScopeDispose, type ShallowRef, shallowRef } from 'vue'

/** The page's address as state. `go` leaves a step in the history, which Back takes again; `adjust` does not. */
export interface AddressBar<T> {
  readonly address: Readonly<ShallowRef<T>>
  go(change: Partial<T>): void
  adjust(change: Partial<T>): void
}

/** @param read takes `location.search`, @param write gives it back: '' or `?…` */
export function useAddress<T extends object>(read: (search: string) => T, write: (address: T) => string): AddressBar<T> {
  // The type of a shallow ref of a type parameter is an open question to the compiler.
  const address = shallowRef(read(location.search)) as ShallowRef<T>
  const onBack = () => {
    address.value = read(location.search)
  }
  addEventListener('popstate', onBack)
  onScopeDispose(() => removeEventListener('popstate', onBack))

  const change = (by: Partial<T>, put: typeof history.pushState): void => {
    address.value = { ...address.value, ...by }
    put.call(history, null, '', location.pathname + write(address.value))
  }
  return {
    address,
    go: (by) => change(by, history.pushState),
    adjust: (by) => change(by, history.replaceState),
  }
}
