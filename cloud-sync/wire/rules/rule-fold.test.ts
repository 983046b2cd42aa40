import { expect, test } from 'vitest'
import { type Rule, type RuleInput, ruleFold, type Verdict } from '#wire'

const MINUTE = 60_000
const common = {
  title: { zh: '水位', en: 'level' },
  device: 'd',
  point: 'p',
  validFrom: '1970-01-01',
  approver: 'tests',
  edge: false,
}
const level: Rule = {
  ...common,
  id: 'level',
  family: 'level',
  kind: 'threshold',
  direction: 'above',
  hysteresis: 0.1,
  grades: { blue: { value: 33 }, yellow: { value: 33.5 }, orange: { value: 35.5 } },
}
const flash: Rule = {
  ...common,
  id: 'flash',
  family: 'flash',
  kind: 'rain-window',
  grades: {
    yellow: {
      action: 'prepare',
      any: [
        { window: '1h', sum: 30 },
        { window: '3h', sum: 50 },
      ],
    },
    red: { action: 'move', any: [{ window: '1h', sum: 50 }] },
  },
}

function verdicts(rule: Rule, inputs: readonly RuleInput[], decimals: number): Verdict[] {
  const fold = ruleFold(rule, { decimals, everyMs: 5 * MINUTE })
  let state = fold.initial
  return inputs.flatMap((input) => {
    // Through JSON, as a checkpoint goes.
    const next = fold.fold(JSON.parse(JSON.stringify(state)), input)
    state = next.state
    return next.verdict ? [next.verdict] : []
  })
}
const series = (values: readonly (number | null)[], quality: RuleInput['quality'] = 'good'): RuleInput[] =>
  values.map((value, index) => ({ at: index * 5 * MINUTE, value, quality }))
const graded = (list: readonly Verdict[]) => list.map(({ at, grade }) => [at / MINUTE, grade])

test('only the highest grade is told, and a grade is left only beyond the hysteresis', () => {
  expect(graded(verdicts(level, series([3200, 3360, 3550, 3545, 3540, 3539, 3349, 3339, 3290, 3289]), 2))).toEqual([
    [5, 'yellow'],
    [10, 'orange'],
    [25, 'yellow'],
    [35, 'blue'],
    [45, null],
  ])
})

test('a suspect or missing value neither raises nor clears', () => {
  expect(verdicts(level, series([9999], 'suspect'), 2)).toEqual([])
  expect(graded(verdicts(level, [...series([3320]), { at: MINUTE, value: null, quality: 'bad' }], 2))).toEqual([[0, 'blue']])
})

test('with a delay a higher grade must hold before it is raised', () => {
  const slow: Rule = { ...level, delay: '10m' }
  expect(graded(verdicts(slow, series([3310, 3200, 3310, 3310, 3310, 3310]), 2))).toEqual([[20, 'blue']])
})

test('a low-water rule works downwards', () => {
  const low: Rule = { ...level, direction: 'below', grades: { blue: { value: 31 }, red: { value: 30 } } }
  expect(graded(verdicts(low, series([3200, 3100, 3000, 3010, 3011, 3111]), 2))).toEqual([
    [5, 'blue'],
    [10, 'red'],
    [20, 'blue'],
    [25, null],
  ])
})

test('any window that is reached is enough, and the verdict carries the action, the sum and the rain it came from', () => {
  const totals = [0, 100, 200, 299, 300, 500, ...Array.from({ length: 12 }, () => 500)]
  const list = verdicts(flash, series(totals), 1)
  expect(graded(list)).toEqual([
    [20, 'yellow'],
    [25, 'red'],
    [65, 'yellow'],
  ])
  expect(list[0]).toMatchObject({ action: 'prepare', value: 300, evidence: { limit: 300, windowMs: 60 * MINUTE, sum: 300 } })
  expect(list[0]?.evidence.rows).toHaveLength(4)
  // The 1 h sum has fallen below 50 mm; of the two windows that hold the lower grade the one further beyond its limit explains it.
  expect(list[2]?.evidence).toMatchObject({ limit: 300, windowMs: 60 * MINUTE, sum: 400 })
})

test('rows from before a rule was valid say nothing to it', () => {
  const later: Rule = { ...level, validFrom: '1970-01-02' }
  const before = Date.parse('1970-01-02T00:00:00+08:00')
  const inputs: RuleInput[] = [
    { at: before - 1, value: 3600, quality: 'good' },
    { at: before, value: 3320, quality: 'good' },
  ]
  expect(verdicts(later, inputs, 2).map(({ at, grade }) => [at, grade])).toEqual([[before, 'blue']])
})
