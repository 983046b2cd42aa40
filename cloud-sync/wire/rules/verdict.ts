import type { Quality } from '#devices'
import type { Grade } from './rule.ts'

/** What a rule is told: one row of its point, in the order of `at`. */
export interface RuleInput {
  readonly at: number
  /** Count of 10^-decimals, or null: no data, which changes nothing. */
  readonly value: number | null
  readonly quality: Quality
}

/** A change of what a rule says. */
export interface Verdict {
  readonly at: number
  /** Null: nothing is reached any more. */
  readonly grade: Grade | null
  readonly action?: 'prepare' | 'move'
  /** The value that decided, in counts: of the point, or of the window's sum. */
  readonly value: number | null
  readonly evidence: Evidence
}

/** Enough to show a person why: what was compared with what, from which rows. Values are counts of 10^-decimals. */
export interface Evidence {
  readonly decimals: number
  readonly limit: number | null
  readonly windowMs?: number
  readonly sum?: number
  /** How much of the window is known, 0 to 1: below 1 the sum is a lower bound. */
  readonly coverage?: number
  /** The deciding row, or the rain that fell in the window. */
  readonly rows: readonly { readonly at: number; readonly value: number }[]
}

/** The facts of a point that a rule computes with. */
export interface RulePoint {
  readonly decimals: number
  /** Counter: counts at which it starts again from 0. */
  readonly wraps?: number
  readonly everyMs: number
}

/** A rule as a pure fold: the same inputs in the same order give the same verdicts, on a gateway and in the cloud. */
export interface RuleFold<State> {
  /** Plain JSON, so that a checkpoint can be kept. */
  readonly initial: State
  fold(state: State, input: RuleInput): { readonly state: State; readonly verdict: Verdict | null }
}
