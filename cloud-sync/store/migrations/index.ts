import type { Migration } from 'kysely/migration'
import { records } from './0001-records.ts'
import { values } from './series-0001-values.ts'

/** Of `records.db`, in order of their names; a migration that was released never changes. */
export const RECORD_MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-records': records,
}

/** Of `series.db`. */
export const SERIES_MIGRATIONS: Readonly<Record<string, Migration>> = {
  'series-0001-values': values,
}
