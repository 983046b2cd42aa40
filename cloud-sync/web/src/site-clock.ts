/** The site's time as the page shows it: set by the server's `hello`, carried on by the machine's monotonic clock at the site's speed. */
export interface SiteClock {
  /** Epoch ms UTC; null until the server told the time. */
  now(): number | null
  set(now: number, speed: number): void
}

/** @param mono monotonic machine time in ms */
export function siteClock(mono: () => number): SiteClock {
  let base: { readonly now: number; readonly mono: number; readonly speed: number } | null = null
  return {
    now: () => (base ? Math.round(base.now + (mono() - base.mono) * base.speed) : null),
    set: (now, speed) => {
      base = { now, mono: mono(), speed }
    },
  }
}
