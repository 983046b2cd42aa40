import { createHash } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { type Document, type DocumentFault, Duration, durationMs, POINT_NAME } from '#devices'

/** Severity, lowest first: the four colours of China's flood and rainstorm signals. */
export const GRADES = ['blue', 'yellow', 'orange', 'red'] as const
export type Grade = (typeof GRADES)[number]

/** -1 for null: nothing is raised. */
export const rankOf = (grade: Grade | null): number => (grade === null ? -1 : GRADES.indexOf(grade))

export const DEVICE_ID = '^[A-Za-z0-9][A-Za-z0-9_-]{0,47}$'
export const RULE_ID = '^[a-z0-9][a-z0-9-]{0,63}$'

const strict = { additionalProperties: false } as const
const Action = Type.Optional(
  Type.Enum(['prepare', 'move'], { description: 'what people are told to do, where the trade has a word for it' }),
)

/** A text a person reads, in both languages. */
export const Bilingual = Type.Object(
  { zh: Type.String({ minLength: 1, maxLength: 120 }), en: Type.String({ minLength: 1, maxLength: 120 }) },
  strict,
)

const common = {
  id: Type.String({ pattern: RULE_ID }),
  family: Type.String({ pattern: RULE_ID, description: 'alerts of one family on one target are one incident' }),
  title: Bilingual,
  device: Type.String({ pattern: DEVICE_ID }),
  point: Type.String({ pattern: POINT_NAME }),
  validFrom: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$' }),
  approver: Type.String({ minLength: 1, maxLength: 80 }),
  edge: Type.Boolean({ default: false, description: 'the gateway judges it too, also without its link' }),
}

const ThresholdGrade = Type.Object({ value: Type.Number({ description: 'in the unit of the point' }), action: Action }, strict)
const RainGrade = Type.Object(
  {
    any: Type.Array(Type.Object({ window: Duration(), sum: Type.Number({ exclusiveMinimum: 0, description: 'mm' }) }, strict), {
      minItems: 1,
      maxItems: 8,
    }),
    action: Action,
  },
  strict,
)
const grades = <T extends typeof ThresholdGrade | typeof RainGrade>(grade: T) =>
  Type.Object(
    { blue: Type.Optional(grade), yellow: Type.Optional(grade), orange: Type.Optional(grade), red: Type.Optional(grade) },
    { ...strict, minProperties: 1 },
  )

/** A limit on one value, with a margin for going back and a delay for going up. */
export const ThresholdRule = Type.Object(
  {
    ...common,
    kind: Type.Literal('threshold'),
    direction: Type.Enum(['above', 'below'], { default: 'above' }),
    hysteresis: Type.Number({ minimum: 0, default: 0, description: 'a grade is left only beyond its limit by more than this' }),
    delay: Type.Optional(Duration({ description: 'how long a higher grade must hold before it is raised' })),
    grades: grades(ThresholdGrade),
  },
  strict,
)
export type ThresholdRule = Static<typeof ThresholdRule>

/** Sums of rain over sliding windows; any window that is reached is enough. */
export const RainWindowRule = Type.Object({ ...common, kind: Type.Literal('rain-window'), grades: grades(RainGrade) }, strict)
export type RainWindowRule = Static<typeof RainWindowRule>

export const Rule = Type.Union([ThresholdRule, RainWindowRule])
export type Rule = Static<typeof Rule>

/** Rules in one file. */
export const RULES_MAX = 10_000
export const Rules = Type.Array(Rule, { maxItems: RULES_MAX, default: [] })

/** The longest window a rule may ask for. */
export const WINDOW_MAX_MS = 72 * 3_600_000

/** Raised when a fold computes otherwise or keeps another state: a state that an older one left is then not taken for its own. */
const FOLD_VERSION = 1

/** The first 16 hex digits of SHA-256 over the rule and the arithmetic that judges it: the version that evidence names. */
export function ruleVersion(rule: Rule): string {
  return createHash('sha256')
    .update(JSON.stringify([FOLD_VERSION, rule]))
    .digest('hex')
    .slice(0, 16)
}

/** Faults that the schema cannot say: an id given twice, or two rules that would make one incident. */
export function checkRules(
  document: Document<unknown>,
  rules: readonly Rule[],
  path: readonly (string | number)[] = ['rules'],
): DocumentFault[] {
  return rules.flatMap((rule, index) => {
    const earlier = rules.slice(0, index)
    const twin = earlier.find(
      ({ family, device, point }) => family === rule.family && device === rule.device && point === rule.point,
    )
    const faults = checkTimes(document, rule, [...path, index])
    if (faults.length > 0) return faults
    if (earlier.some(({ id }) => id === rule.id))
      return [document.fault([...path, index, 'id'], `expected each rule id once, got "${rule.id}" again`)]
    return twin
      ? [
          document.fault(
            [...path, index, 'family'],
            `expected one rule of a family for a point, got another one beside ${twin.id}`,
          ),
        ]
      : []
  })
}

function checkTimes(document: Document<unknown>, rule: Rule, path: readonly (string | number)[]): DocumentFault[] {
  const faults: DocumentFault[] = []
  const day = new Date(`${rule.validFrom}T00:00:00Z`)
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== rule.validFrom) {
    faults.push(document.fault([...path, 'validFrom'], `expected a day such as 2026-07-01, got ${rule.validFrom}`))
  }
  if (rule.kind !== 'rain-window') return faults
  for (const [grade, { any }] of Object.entries(rule.grades)) {
    for (const [index, { window }] of any.entries()) {
      if (durationMs(window) <= WINDOW_MAX_MS) continue
      faults.push(
        document.fault([...path, 'grades', grade, 'any', index, 'window'], `expected a window of at most 72h, got ${window}`),
      )
    }
  }
  return faults
}
