import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { RecordTables } from '#cloud/store'
import type { JournalledReading, Rule } from '#wire'
import { reviseIncidents } from './incidents.ts'
import { keepInputs, type NumberedInput, RuleJudge } from './rule-judge.ts'

/** Judges the rows of every rule's point and keeps the incidents. */
export class Judge {
  readonly #rules = new Map<string, Rule[]>()
  readonly #judges = new Map<string, RuleJudge>()
  readonly #log: Logger

  constructor(rules: readonly Rule[], log: Logger) {
    this.#log = log
    for (const rule of rules) this.#rules.set(keyOf(rule), [...(this.#rules.get(keyOf(rule)) ?? []), rule])
  }

  /**
   * Takes rows of one or more batches, in the reader's transaction.
   * @param recorded the machine's wall clock, epoch ms
   */
  async take(trx: Kysely<RecordTables>, rows: readonly JournalledReading[], recorded: number): Promise<void> {
    const groups = new Map<string, JournalledReading[]>()
    for (const row of rows) {
      const key = keyOf(row)
      if (!this.#rules.has(key)) continue
      const group = groups.get(key)
      if (group) group.push(row)
      else groups.set(key, [row])
    }
    for (const [key, group] of groups) {
      for (const rule of this.#rules.get(key) ?? []) await this.#judge(trx, rule, group, recorded)
    }
  }

  /** Forgets what is in memory: after a transaction that did not come to be. */
  forget(): void {
    for (const judge of this.#judges.values()) judge.forget()
  }

  async #judge(trx: Kysely<RecordTables>, rule: Rule, rows: readonly JournalledReading[], recorded: number): Promise<void> {
    const hash = rows.at(-1)?.hash ?? ''
    const judge = await this.#judgeOf(trx, rule, hash)
    const inputs = rows.flatMap(({ at, n, value, quality }): NumberedInput[] =>
      value === null || typeof value === 'number' ? [{ at, n, value, quality }] : [],
    )
    if (judge === null) return keepInputs(trx, { rule, hash }, inputs)
    const findings = await judge.take(trx, inputs)
    await reviseIncidents(trx, { rule, version: judge.version, source: 'cloud', ...findings }, recorded)
    for (const { verdict, isRetrospective } of findings.added) {
      this.#log.info({ rule: rule.id, at: verdict.at, grade: verdict.grade, value: verdict.value, isRetrospective }, 'verdict')
    }
    for (const { at, grade } of findings.withdrawn) this.#log.info({ rule: rule.id, at, grade }, 'verdict withdrawn by late rows')
  }

  /** The judge of a rule; of a new profile version a new one, because its counts may mean something else. */
  async #judgeOf(trx: Kysely<RecordTables>, rule: Rule, hash: string): Promise<RuleJudge | null> {
    const key = `${rule.id} ${hash}`
    const known = this.#judges.get(key)
    if (known) return known
    const point = await trx
      .selectFrom('point')
      .selectAll()
      .where('device', '=', rule.device)
      .where('point', '=', rule.point)
      .where('hash', '=', hash)
      .executeTakeFirst()
    if (point === undefined) {
      this.#log.warn(
        { rule: rule.id, device: rule.device, point: rule.point, hash },
        'rows of a profile version that nobody described: judged once it is',
      )
      return null
    }
    const { decimals, every_ms: everyMs, wraps } = point
    const judge = new RuleJudge(rule, { decimals, everyMs, ...(wraps !== null && { wraps }) }, hash)
    this.#judges.set(key, judge)
    return judge
  }
}

function keyOf({ device, point }: { readonly device: string; readonly point: string }): string {
  return `${device} ${point}`
}
