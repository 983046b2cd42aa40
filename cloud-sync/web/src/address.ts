/** Chart windows by the name they have in the address. */
export const WINDOWS = { '1h': 3_600_000, '3h': 3 * 3_600_000, '12h': 12 * 3_600_000, '24h': 24 * 3_600_000 } as const
export type WindowName = keyof typeof WINDOWS
export const WINDOW_NAMES = ['1h', '3h', '12h', '24h'] as const satisfies readonly WindowName[]
export const SORTS = ['newest', 'oldest', 'worst'] as const
export type Sort = (typeof SORTS)[number]
export const SHOWS = ['all', 'open'] as const
export type Show = (typeof SHOWS)[number]

/** What the page's address says, so that a view can be sent to a colleague. */
export interface Address {
  /** The station whose chart is shown; null: the worst one. */
  readonly station: string | null
  readonly window: WindowName
  readonly show: Show
  readonly find: string
  readonly sort: Sort
  /** The alert whose evidence is open. */
  readonly alert: string | null
}

export const plainAddress: Address = { station: null, window: '12h', show: 'all', find: '', sort: 'newest', alert: null }

/** The longest text that the filter takes. */
export const FIND_LENGTH_MAX = 100

/** Reads `location.search`; what it does not know it takes as not said. */
export function readAddress(search: string): Address {
  const query = new URLSearchParams(search)
  const one = <T extends string>(key: string, choices: readonly T[], otherwise: T): T =>
    choices.find((choice) => choice === query.get(key)) ?? otherwise
  return {
    station: query.get('station'),
    window: one('window', WINDOW_NAMES, plainAddress.window),
    show: one('show', SHOWS, plainAddress.show),
    find: (query.get('find') ?? '').slice(0, FIND_LENGTH_MAX),
    sort: one('sort', SORTS, plainAddress.sort),
    alert: query.get('alert'),
  }
}

/** The search part that `readAddress` reads back, without what is as usual: '' or `?…`. */
export function writeAddress(address: Address): string {
  const said = Object.entries(address).filter(
    ([key, value]) => value !== null && value !== Object.entries(plainAddress).find(([name]) => name === key)?.[1],
  )
  const query = new URLSearchParams(said.map(([key, value]) => [key, String(value)])).toString()
  return query && `?${query}`
}
