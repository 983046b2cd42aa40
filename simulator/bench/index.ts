import { protocols } from './protocols.ts'
import { road } from './road.ts'
import { sync } from './sync.ts'

/** Benchmarks by their name: figures beside their goals. Each prints its table; `json` adds it as the last line of stdout. */
export type { Figure } from './figures.ts'
export const benches = { protocols, road, sync } satisfies Record<
  string,
  (options: { readonly cli: string; readonly json: boolean }, stop: AbortSignal) => Promise<void>
>
