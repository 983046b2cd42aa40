import { LETTER_KINDS, type LetterKind } from './api/views.ts'

/** What the address of the dead letters says. */
export interface LetterAddress {
  readonly kind: LetterKind | null
  readonly gateway: string | null
  /** The letter whose details are open. */
  readonly letter: string | null
}

/** Reads `location.search`; what it does not know it takes as not said. */
export function readLetterAddress(search: string): LetterAddress {
  const query = new URLSearchParams(search)
  return {
    kind: LETTER_KINDS.find((kind) => kind === query.get('kind')) ?? null,
    gateway: query.get('gateway'),
    letter: query.get('letter'),
  }
}

/** The search part that `readLetterAddress` reads back: '' or `?…`. */
export function writeLetterAddress(address: LetterAddress): string {
  const said = Object.entries(address).filter(([, value]) => value !== null)
  const query = new URLSearchParams(said).toString()
  return query && `?${query}`
}
