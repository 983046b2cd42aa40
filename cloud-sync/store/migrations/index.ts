import type { Migration } from 'kysely/migration'
import { records } from './0001-records.ts'
import { seriesMark } from './0002-series-mark.ts'
import { doubt } from './0004-doubt.ts'
import { eventFact } from './0005-event-fact.ts'
import { revised } from './0006-revised.ts'
import { values } from './series-0001-values.ts'
import { mark } from './series-0002-mark.ts'

/** Of `records.db`, in order of their names; a migration that was released never changes. */
export const RECORD_MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-records': records,
  '0002-series-mark': seriesMark,
  '0004-doubt': doubt,
  '0005-event-fact': eventFact,
  '0006-revised': revised,
}

/** Of `series.db`. */
export const SERIES_MIGRATIONS: Readonly<Record<string, Migration>> = {
  'series-0001-values': values,
  'series-0002-mark': mark,
}
