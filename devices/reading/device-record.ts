/** An exact decimal number: `count` × 10^-`decimals`. */
export interface Exact {
  /** A safe integer. */
  readonly count: number
  readonly decimals: number
}

/** What a scale says: a record, never a bare number, because a price may rest on it. */
export interface WeightRecord {
  readonly kind: 'weight'
  readonly device: string
  /** When it was said: epoch milliseconds UTC, site clock. */
  readonly at: number
  /** The weight as it is shown, in `unit`; null where the scale says none (over, under, in error). */
  readonly value: Exact | null
  readonly unit: string | null
  /** The same in grams, where the unit is one of mass. */
  readonly grams: Exact | null
  /** The scale's own step in `unit`, where it is told or its model says so. */
  readonly division: Exact | null
  /** Null where the scale does not say. Only a stable weight may be sold. */
  readonly stable: boolean | null
  readonly mode: 'gross' | 'net' | 'tare' | null
  readonly overload: boolean
  readonly underload: boolean
  readonly zero: boolean | null
  /** The bytes it was read from, hex. */
  readonly raw: string
}

/** What a barcode reader read. */
export interface ScanRecord {
  readonly kind: 'scan'
  readonly device: string
  readonly at: number
  /** Without prefix and suffix of the reader. */
  readonly text: string
  /** The kind of code as the reader names it, where it does. */
  readonly symbology: string | null
  readonly raw: string
}

/** A card that was held to a reader. */
export interface CardRecord {
  readonly kind: 'card'
  readonly device: string
  readonly at: number
  /** Upper-case hex. */
  readonly uid: string
}

/** A grade that a visitor gave. */
export interface RatingRecord {
  readonly kind: 'rating'
  readonly device: string
  readonly at: number
  /** 5 very satisfied … 1 very dissatisfied. */
  readonly grade: number
  /** What was rated, where the terminal was told. */
  readonly session: string | null
  /** Tells a repetition from a second grade; null where the terminal numbers nothing. */
  readonly number: number | null
}

/** What a device says that is no point's value. */
export type DeviceRecord = WeightRecord | ScanRecord | CardRecord | RatingRecord
