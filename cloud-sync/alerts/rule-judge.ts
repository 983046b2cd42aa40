import type { Kysely } from 'kysely'
import type { RecordTables } from '#cloud/store'
import { type Rule, type RuleFold, type RuleInput, type RulePoint, ruleFold, ruleVersion, type Verdict } from '#wire'

/** A row that a rule looks at; `n` orders rows of one instant. */
export interface NumberedInput extends RuleInput {
  readonly n: number
}

/** What rows bring: verdicts that are new, and ones that rows which came late take back. */
export interface Findings {
  readonly added: readonly { readonly verdict: Verdict; readonly isRetrospective: boolean }[]
  readonly withdrawn: readonly Pick<Verdict, 'at' | 'grade'>[]
}

const NOTHING: Findings = { added: [], withdrawn: [] }

/** Late rows are judged as far back as this; older ones are stored and judged no more. */
export const REFOLD_MAX_MS = 72 * 3_600_000
/** A checkpoint is kept each time this much site time has passed. */
const CHECKPOINT_MS = 3_600_000
const BEGINNING = -8.64e15

interface Head {
  readonly at: number
  readonly state: unknown
}

/** Keeps rows of a point that nobody described yet; they are judged with the first that come after its description. */
export async function keepInputs(
  trx: Kysely<RecordTables>,
  { rule, hash }: { readonly rule: Rule; readonly hash: string },
  inputs: readonly NumberedInput[],
): Promise<void> {
  await putInputs(trx, keyOf(rule, hash), inputs)
}

function keyOf(rule: Rule, hash: string): string {
  return `${rule.id} ${ruleVersion(rule)} ${hash}`
}

async function putInputs(trx: Kysely<RecordTables>, rule: string, inputs: readonly NumberedInput[]): Promise<void> {
  if (inputs.length === 0) return
  await trx
    .insertInto('judge_input')
    .values(inputs.map(({ at, n, value, quality }) => ({ rule, at, n, value, quality })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/**
 * One rule over its point, folded in the order of `at`. Rows in order go on from the state in memory; a late row folds again from the last
 * checkpoint before it, and only what then differs from what was said is told. The state survives as checkpoint + inputs, in the transaction
 * of the reader that brought the rows.
 */
export class RuleJudge {
  readonly rule: Rule
  readonly version: string
  /** Another rule text or another profile version is another fold: its state is not this one's. */
  readonly #key: string
  readonly #fold: RuleFold<unknown>
  /** Null until everything that was kept has been judged: rows may have come before their point was described. */
  #head: Head | null = null

  constructor(rule: Rule, point: RulePoint, hash: string) {
    this.rule = rule
    this.version = ruleVersion(rule)
    this.#key = keyOf(rule, hash)
    this.#fold = ruleFold(rule, point)
  }

  /** Takes rows, in any order. @returns what is said anew, and no longer */
  async take(trx: Kysely<RecordTables>, rows: readonly NumberedInput[]): Promise<Findings> {
    const head = this.#head
    const newest = head?.at ?? (await this.#newest(trx))
    const inputs = rows.filter(({ at }) => at > newest - REFOLD_MAX_MS).sort((a, b) => a.at - b.at || a.n - b.n)
    const [first] = inputs
    if (first === undefined) return NOTHING
    await putInputs(trx, this.#key, inputs)
    return head !== null && first.at > head.at ? this.#goOn(trx, head, inputs) : this.#foldAgain(trx, newest, first.at)
  }

  /** Forgets the state in memory: after a transaction that did not come to be. */
  forget(): void {
    this.#head = null
  }

  async #goOn(trx: Kysely<RecordTables>, head: Head, inputs: readonly NumberedInput[]): Promise<Findings> {
    const verdicts = await this.#run(trx, head, inputs)
    for (const verdict of verdicts) await this.#put(trx, verdict)
    return { added: verdicts.map((verdict) => ({ verdict, isRetrospective: false })), withdrawn: [] }
  }

  async #foldAgain(trx: Kysely<RecordTables>, newest: number, from: number): Promise<Findings> {
    const rule = this.#key
    await trx.deleteFrom('rule_checkpoint').where('rule', '=', rule).where('at', '>=', from).execute()
    const start = await this.#checkpoint(trx)
    const said = await trx.selectFrom('verdict').selectAll().where('rule', '=', rule).where('at', '>', start.at).execute()
    const verdicts = await this.#run(trx, start, await this.#inputsAfter(trx, start.at))
    await trx.deleteFrom('verdict').where('rule', '=', rule).where('at', '>', start.at).execute()
    for (const verdict of verdicts) await this.#put(trx, verdict)
    const isSame = (a: Pick<Verdict, 'at' | 'grade'>, b: Pick<Verdict, 'at' | 'grade'>) => a.at === b.at && a.grade === b.grade
    const added = verdicts.filter((verdict) => !said.some((before) => isSame(before, verdict)))
    const withdrawn = said.filter((before) => !verdicts.some((verdict) => isSame(before, verdict)))
    return { added: added.map((verdict) => ({ verdict, isRetrospective: verdict.at <= newest })), withdrawn }
  }

  async #run(trx: Kysely<RecordTables>, { at, state }: Head, inputs: readonly NumberedInput[]): Promise<Verdict[]> {
    const verdicts: Verdict[] = []
    let head: Head = { at, state }
    for (const input of inputs) {
      if (head.at !== BEGINNING && Math.floor(input.at / CHECKPOINT_MS) > Math.floor(head.at / CHECKPOINT_MS))
        await this.#keep(trx, head)
      const next = this.#fold.fold(head.state, input)
      head = { at: input.at, state: next.state }
      if (next.verdict) verdicts.push(next.verdict)
    }
    this.#head = head
    return verdicts
  }

  /** Time of the newest row that was kept. */
  async #newest(trx: Kysely<RecordTables>): Promise<number> {
    const { at } = await trx
      .selectFrom('judge_input')
      .select(({ fn }) => fn.max<number | null>('at').as('at'))
      .where('rule', '=', this.#key)
      .executeTakeFirstOrThrow()
    return at ?? (await this.#checkpoint(trx)).at
  }

  async #checkpoint(trx: Kysely<RecordTables>): Promise<Head> {
    const row = await trx
      .selectFrom('rule_checkpoint')
      .select(['at', 'state'])
      .where('rule', '=', this.#key)
      .orderBy('at', 'desc')
      .limit(1)
      .executeTakeFirst()
    return row ? { at: row.at, state: JSON.parse(row.state) } : { at: BEGINNING, state: this.#fold.initial }
  }

  #inputsAfter(trx: Kysely<RecordTables>, at: number): Promise<NumberedInput[]> {
    return trx
      .selectFrom('judge_input')
      .select(['at', 'n', 'value', 'quality'])
      .where('rule', '=', this.#key)
      .where('at', '>', at)
      .orderBy('at')
      .orderBy('n')
      .execute()
  }

  async #keep(trx: Kysely<RecordTables>, { at, state }: Head): Promise<void> {
    const row = { rule: this.#key, at, state: JSON.stringify(state) }
    await trx
      .insertInto('rule_checkpoint')
      .values(row)
      .onConflict((conflict) => conflict.columns(['rule', 'at']).doUpdateSet({ state: row.state }))
      .execute()
  }

  async #put(trx: Kysely<RecordTables>, { at, grade, action, value, evidence }: Verdict): Promise<void> {
    await trx
      .insertInto('verdict')
      .values({
        rule: this.#key,
        at,
        grade,
        action: action ?? null,
        value: JSON.stringify(value),
        evidence: JSON.stringify(evidence),
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
}
