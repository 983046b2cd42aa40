import { onScopeDispose, type ShallowRef, shallowRef } from 'vue'
import { type Address, readAddress, writeAddress } from './address.ts'

/** The page's address as state. `go` leaves a step in the history, which Back takes again; `adjust` does not. */
export interface AddressBar {
  readonly address: Readonly<ShallowRef<Address>>
  go(change: Partial<Address>): void
  adjust(change: Partial<Address>): void
}

export function useAddress(): AddressBar {
  const address = shallowRef(readAddress(location.search))
  const onBack = () => {
    address.value = readAddress(location.search)
  }
  addEventListener('popstate', onBack)
  onScopeDispose(() => removeEventListener('popstate', onBack))

  const change = (by: Partial<Address>, write: typeof history.pushState): void => {
    address.value = { ...address.value, ...by }
    write.call(history, null, '', location.pathname + writeAddress(address.value))
  }
  return {
    address,
    go: (by) => change(by, history.pushState),
    adjust: (by) => change(by, history.replaceState),
  }
}
