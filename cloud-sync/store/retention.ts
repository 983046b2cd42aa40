import { type Kysely, sql } from 'kysely'
import type { RecordTables } from './tables.ts'

/** The two clocks that rows are stamped with, epoch ms. */
export interface SweepTimes {
  /** Site time. */
  readonly site: number
  /** The machine's wall clock. */
  readonly machine: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/**
 * Everything in `records.db` that grows. `keepMs` null: kept for ever, it is the site's history. The judge re-folds at most 72 h back, so 96 h of what
 * it reads are enough.
 */
export const RETENTION = [
  { table: 'change', clock: 'machine', keepMs: 7 * DAY_MS },
  { table: 'judge_input', clock: 'site', keepMs: 96 * HOUR_MS },
  { table: 'rule_checkpoint', clock: 'site', keepMs: 96 * HOUR_MS },
  { table: 'parked', clock: 'machine', keepMs: 90 * DAY_MS },
  { table: 'verdict', clock: 'site', keepMs: null },
  { table: 'event', clock: 'site', keepMs: null },
  { table: 'incident', clock: 'site', keepMs: null },
  { table: 'incident_change', clock: 'machine', keepMs: null },
  { table: 'clock_revision', clock: 'site', keepMs: null },
  { table: 'revised', clock: 'site', keepMs: null },
] as const satisfies readonly { table: keyof RecordTables; clock: keyof SweepTimes; keepMs: number | null }[]

/** Rows taken from one table in one call: a sweep is short, and the next one goes on. */
export const SWEEP_ROWS_MAX = 20_000

/**
 * Takes away what is older than its bound. The newest change stays, so that the feed knows where it is after a quiet week. Of each rule's past
 * stays one checkpoint before the bound with every input after it, so that a fold over the last 96 h starts from the true state.
 * @returns rows taken away
 */
export async function sweepRecords(db: Kysely<RecordTables>, times: SweepTimes): Promise<number> {
  let swept = 0
  for (const { table, clock, keepMs } of RETENTION) {
    if (keepMs !== null) swept += await sweepers[table](db, times[clock] - keepMs)
  }
  return swept
}

type Bounded = Extract<(typeof RETENTION)[number], { keepMs: number }>['table']

const sweepers: Readonly<Record<Bounded, (db: Kysely<RecordTables>, before: number) => Promise<number>>> = {
  async change(db, before) {
    const doomed = db
      .selectFrom('change')
      .select('id')
      .where('at', '<', before)
      .where('id', '<', ({ selectFrom }) => selectFrom('change').select(({ fn }) => fn.max('id').as('id')))
      .orderBy('id')
      .limit(SWEEP_ROWS_MAX)
    return deleted(await db.deleteFrom('change').where('id', 'in', doomed).executeTakeFirst())
  },
  async judge_input(db, before) {
    const doomed = db
      .selectFrom('judge_input')
      .select(['rule', 'at', 'n'])
      .where('at', '<', before)
      .where(({ exists, selectFrom, ref }) =>
        exists(
          selectFrom('rule_checkpoint as after')
            .select('after.at')
            .whereRef('after.rule', '=', 'judge_input.rule')
            .where('after.at', '>=', ref('judge_input.at'))
            .where('after.at', '<', before),
        ),
      )
      .orderBy('at')
      .limit(SWEEP_ROWS_MAX)
    return deleted(await db.deleteFrom('judge_input').where(sql<boolean>`(rule, at, n) in ${doomed}`).executeTakeFirst())
  },
  async rule_checkpoint(db, before) {
    const start = db
      .selectFrom('rule_checkpoint')
      .select(({ fn }) => ['rule', fn.max('at').as('at')])
      .where('at', '<', before)
      .groupBy('rule')
    const doomed = db
      .selectFrom('rule_checkpoint')
      .select(['rule', 'at'])
      .where('at', '<', before)
      .where(sql<boolean>`(rule, at) not in ${start}`)
      .limit(SWEEP_ROWS_MAX)
    return deleted(await db.deleteFrom('rule_checkpoint').where(sql<boolean>`(rule, at) in ${doomed}`).executeTakeFirst())
  },
  async parked(db, before) {
    const doomed = db
      .selectFrom('parked')
      .select(['device', 'point', 'at', 'n'])
      .where('parked', '<', before)
      .orderBy('parked')
      .limit(SWEEP_ROWS_MAX)
    return deleted(await db.deleteFrom('parked').where(sql<boolean>`(device, point, at, n) in ${doomed}`).executeTakeFirst())
  },
}

function deleted({ numDeletedRows }: { readonly numDeletedRows: bigint }): number {
  return Number(numDeletedRows)
}
