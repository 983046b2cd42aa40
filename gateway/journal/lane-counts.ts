import { LANES, type Lane } from '#wire/batch'
import { laneSum } from './row-sums.ts'
import type { Statements } from './statements.ts'

/** Of each lane: the highest seq given out, the lowest not yet acknowledged (0: none), and how many rows wait. */
export type LaneStates = Readonly<Record<Lane, { readonly issued: number; readonly oldest: number; readonly waiting: number }>>

interface Count {
  issued: number
  waiting: number
  /** Null: not known since the row was freed. */
  oldest: number | null
}

/** The lanes' numbers, in memory as they are in the file. */
export class LaneCounts {
  readonly #sql: Statements
  readonly #lanes: Record<Lane, Count>

  constructor(sql: Statements) {
    this.#sql = sql
    this.#lanes = { alarm: this.#read('alarm'), event: this.#read('event'), reading: this.#read('reading') }
  }

  /** Reads what the file holds, as after a transaction that did not come to be. */
  load(): void {
    for (const lane of LANES) this.#lanes[lane] = this.#read(lane)
  }

  issued(lane: Lane): number {
    return this.#lanes[lane].issued
  }

  /** The seq of the lane's next row, which waits from now on. */
  give(lane: Lane): number {
    const count = this.#lanes[lane]
    count.issued += 1
    count.waiting += 1
    if (count.waiting === 1) count.oldest = count.issued
    return count.issued
  }

  /** So many rows between these seqs wait no more. */
  free(lane: Lane, first: number, last: number, rows: number): void {
    const count = this.#lanes[lane]
    count.waiting -= rows
    if (count.waiting === 0) count.oldest = 0
    else if (count.oldest !== null && count.oldest >= first && count.oldest <= last) count.oldest = null
  }

  /** Numbers begin anew: the rows that wait are those from 1 on. */
  renumber(lane: Lane, waiting: number): void {
    this.#lanes[lane] = { issued: waiting, waiting, oldest: waiting > 0 ? 1 : 0 }
  }

  store(): void {
    for (const lane of LANES) {
      const { issued } = this.#lanes[lane]
      this.#sql.run(
        'UPDATE lane SET issued = ?, sum = ? WHERE lane = ? AND issued <> ?',
        issued,
        laneSum(lane, issued),
        lane,
        issued,
      )
    }
  }

  states(): LaneStates {
    return { alarm: this.#state('alarm'), event: this.#state('event'), reading: this.#state('reading') }
  }

  #state(lane: Lane): LaneStates[Lane] {
    const count = this.#lanes[lane]
    count.oldest ??= this.#ask(lane, 'MIN(seq)')
    return { issued: count.issued, oldest: count.oldest, waiting: count.waiting }
  }

  #read(lane: Lane): Count {
    const issued = this.#sql.get<{ issued: number }>('SELECT issued FROM lane WHERE lane = ?', lane)?.issued ?? 0
    const waiting = this.#ask(lane, 'COUNT(*)')
    return { issued, waiting, oldest: waiting > 0 ? null : 0 }
  }

  #ask(lane: Lane, what: 'MIN(seq)' | 'COUNT(*)'): number {
    const row =
      lane === 'reading'
        ? this.#sql.get<{ answer: number | null }>(`SELECT ${what} AS answer FROM reading`)
        : this.#sql.get<{ answer: number | null }>(`SELECT ${what} AS answer FROM notice WHERE lane = ?`, lane)
    return row?.answer ?? 0
  }
}
