import type { Reading } from '#devices'
import { type Rule, type RuleFold, ruleFold, ruleVersion, type SiteEvent } from '#wire'
import type { GatewayConfig } from './config.ts'
import { devicePoints } from './device-points.ts'
import { eventId } from './event-id.ts'

/** Keys of states in the journal begin so. */
export const RULE_STATE_PREFIX = 'rule '

/** What readings lead to: alarms to record, and the states to keep with the readings. */
export interface Judgement {
  readonly alarms: readonly SiteEvent[]
  readonly states: readonly (readonly [key: string, body: string])[]
}

interface JudgedRule {
  readonly rule: Rule
  readonly version: string
  readonly key: string
  readonly fold: RuleFold<unknown>
  state: unknown
  /** While the clock is not trusted: what goes on from the state until then, and is forgotten after it. */
  doubtful: { readonly state: unknown } | null
}

/** Judges the site's own urgent rules by the very folds that the cloud uses, with or without a link. */
export class EdgeJudge {
  readonly #gateway: string
  readonly #rules = new Map<string, JudgedRule[]>()

  /** @param states what the journal kept under `RULE_STATE_PREFIX` */
  constructor({ gateway, rules, devices }: GatewayConfig, states: ReadonlyMap<string, string>) {
    this.#gateway = gateway
    for (const rule of rules) {
      const profile = devices.find(({ id }) => id === rule.device)?.profile
      const point = profile && devicePoints(profile.profile)[rule.point]
      if (profile === undefined || point === undefined) continue
      const fold = ruleFold(rule, point.description)
      const version = ruleVersion(rule)
      // Another rule text or another profile version starts anew: the state is not its own.
      const key = `${RULE_STATE_PREFIX}${rule.id} ${version} ${profile.hash}`
      const target = `${rule.device} ${rule.point}`
      const judged = { rule, version, key, fold, state: parse(states.get(key)) ?? fold.initial, doubtful: null }
      this.#rules.set(target, [...(this.#rules.get(target) ?? []), judged])
    }
  }

  /**
   * @param deltaMs what is to be added to the readings' times; null: not known. Then alarms are raised all the same, but nothing of it is kept: a
   * rule that has once seen tomorrow would be deaf until then.
   */
  take(readings: readonly Reading[], deltaMs: number | null = 0): Judgement {
    const alarms: SiteEvent[] = []
    const states = new Map<string, string>()
    for (const { device, point, at, value, quality } of readings) {
      if (value !== null && typeof value !== 'number') continue
      for (const judged of this.#rules.get(`${device} ${point}`) ?? []) {
        const before = deltaMs === null ? (judged.doubtful?.state ?? judged.state) : judged.state
        const { state, verdict } = judged.fold.fold(before, { at: at + (deltaMs ?? 0), value, quality })
        judged.doubtful = deltaMs === null ? { state } : null
        if (deltaMs !== null) {
          judged.state = state
          states.set(judged.key, JSON.stringify(state))
        }
        if (verdict === null) continue
        const { rule, version } = judged
        const id = eventId('alarm', this.#gateway, rule.id, version, verdict.at, verdict.grade ?? 'none')
        const body = {
          rule: rule.id,
          version,
          grade: verdict.grade,
          ...(verdict.action && { action: verdict.action }),
          value: verdict.value,
          evidence: verdict.evidence,
        }
        alarms.push({ id, kind: 'alarm', at: verdict.at - (deltaMs ?? 0), device, body })
      }
    }
    return { alarms, states: [...states] }
  }
}

/** A state that a disk has damaged must not keep a site from starting: it is as if there were none. */
function parse(kept: string | undefined): unknown {
  try {
    return JSON.parse(kept ?? 'null')
  } catch {
    return null
  }
}
