/** What happened on a line, at the moment it happens. The bytes belong to the line: who keeps them copies them. */
export type WireEvent =
  | { readonly kind: 'tx' | 'rx'; readonly bytes: Uint8Array }
  | { readonly kind: 'open' | 'close' }
  /** There was no connection to be had, and why. */
  | { readonly kind: 'error'; readonly why: string }

/** Hears a line. Is called in the middle of an exchange, so it takes what it hears and does not wait; it must not throw. */
export type WireListener = (event: WireEvent) => void

/** Where a line can be listened to while it works. Without a listener it costs a look at a number. */
export class WireTap {
  readonly #listeners = new Set<WireListener>()

  /** Listens until disposal. */
  listen(listener: WireListener): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  tell(event: WireEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  sent(bytes: Uint8Array): void {
    if (this.#listeners.size > 0) this.tell({ kind: 'tx', bytes })
  }

  received(bytes: Uint8Array): void {
    if (this.#listeners.size > 0) this.tell({ kind: 'rx', bytes })
  }
}
