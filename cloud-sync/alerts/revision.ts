import type { Rule, Verdict } from '#wire'

/** What a rule says anew, and what it no longer says. */
export interface Revision {
  readonly rule: Rule
  /** Hash of the rule's content. */
  readonly version: string
  readonly source: 'gateway' | 'cloud'
  readonly added: readonly { readonly verdict: Verdict; readonly isRetrospective: boolean }[]
  /** Verdicts that rows which came late took back. */
  readonly withdrawn: readonly Pick<Verdict, 'at' | 'grade'>[]
}
