import type { Decimal } from '#protocols/decimal'
import type { StationStatus } from './status-word.ts'

/** One element of a body, as stations say it. One of `value`, `values`, `text` and `hex` is there at least. */
export interface Element {
  /** Two hex digits of the standard's own elements, `FF` and two more of a user's. */
  readonly id: string
  /** Absent for a user's element and for an id that the standard has not. */
  readonly name?: string
  /** '' for what has none. */
  readonly unit?: string
  /** The definition byte, two hex digits: length in bytes × 8 + decimals. HEX frames only. */
  readonly def?: string
  /** Digits behind the point. ASCII frames only, where no definition byte says it. */
  readonly decimals?: number
  /** null where the station says that it has none. */
  readonly value?: Decimal | null
  /** One a time step; of the five-minute elements twelve an hour. */
  readonly values?: readonly (Decimal | null)[]
  /** Manual text; in ASCII frames also the characters of a value that are not those which `value` is written with. */
  readonly text?: string
  /** The bytes, where they are no number: an image, the status word, digits that are none. `encode` takes them before `value`. */
  readonly hex?: string
  /** What the status word, element 45, says. */
  readonly status?: StationStatus
  /** Observation time, YYMMDDHHmm; of `values` that of the first. */
  readonly at?: string
  /** Whose it is in a report about several stations, from the second on. */
  readonly station?: string
  /** Class of `station`, where it is not that of the first. */
  readonly class?: string
  /** No space behind it, as where an image goes on in the next packet. ASCII frames only. */
  readonly isOpen?: true
  /** The time, or the station, is said again in front of this element though it is the same. */
  readonly again?: 'at' | 'station'
}

/** The same with values as JSON has them, for encoding. */
export type ElementInput = Omit<Element, 'value' | 'values'> & {
  readonly value?: Decimal | number | null
  readonly values?: readonly (Decimal | number | null)[]
}

/** An element in the making. */
export type ElementDraft = { -readonly [Key in keyof Element]: Element[Key] }

/** A name for a stretch of a body, for whoever wants to show its bytes. */
export type Note = (from: number, to: number, name: string, value: string) => void

/** The first half of each of the pairs that are not followed by a definition byte. */
export const [TIME, STATION, TEXT, IMAGE, FLOW_BATCH] = [0xf0, 0xf1, 0xf2, 0xf3, 0xfd] as const
/** What follows `FLOW_BATCH`; the others are doubled. */
export const FLOW_BATCH_SECOND = 0xf6
export const [RAIN_SERIES, STAGE_SERIES_FIRST, STAGE_SERIES_LAST] = [0xf4, 0xf5, 0xfc] as const
export const TIME_STEP = 0x04
/** Six digits follow it: days, hours, minutes. */
export const TIME_STEP_DEFINITION = 0x18
export const STATUS = 0x45
export const USER = 0xff
/** The highest of the leaders that the standard leaves free and stations use all the same. */
export const FREE_MAX = 0xef
