import { stateSum } from './row-sums.ts'
import type { Statements } from './statements.ts'

/** States as they were stored, and the keys of those whose checksum does not hold. */
export interface CheckedStates {
  readonly whole: [key: string, body: string][]
  readonly damaged: readonly string[]
}

/** @param journalled time of the commit that it belongs to */
export function storeState(sql: Statements, key: string, body: string, journalled: number): void {
  sql.run(
    'INSERT OR REPLACE INTO state (key, body, sum, journalled) VALUES (?, ?, ?, ?)',
    key,
    body,
    stateSum(key, body),
    journalled,
  )
}

export function selectStates(sql: Statements, prefix: string): CheckedStates {
  const rows = sql.all<{ key: string; body: string; sum: number }>(
    'SELECT key, body, sum FROM state WHERE substr(key, 1, ?) = ?',
    prefix.length,
    prefix,
  )
  const isWhole = ({ key, body, sum }: (typeof rows)[number]) => sum === stateSum(key, body)
  return {
    whole: rows.filter(isWhole).map(({ key, body }) => [key, body]),
    damaged: rows.filter((row) => !isWhole(row)).map(({ key }) => key),
  }
}
