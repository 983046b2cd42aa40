import type { Migration } from 'kysely/migration'
import { records } from './0001-records.ts'

/** In order of their names; a migration that was released never changes. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-records': records,
}
