/** Reads a choice that was remembered on this machine; undefined when there is none, when it is not one of the choices, or when storage is shut off. */
export function remembered<T extends string>(key: string, choices: readonly T[]): T | undefined {
  try {
    const text = localStorage.getItem(key)
    return choices.find((choice) => choice === text)
  } catch {
    // A browser that forbids storage still gets a working page; it only forgets.
    return undefined
  }
}

/** Remembers a choice on this machine, where storage is allowed. */
export function remember(key: string, choice: string): void {
  try {
    localStorage.setItem(key, choice)
  } catch {
    // See `remembered`.
  }
}
