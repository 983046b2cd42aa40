import { Value } from 'typebox/value'
import { expect, test } from 'vitest'
import { decodePoint, encodePoint, loadCatalogue, modbusEntry, type Point } from '#devices'
import { type AlertChange, expectedAlerts, stormRiver } from '#simulator'
import { type Rule, Rules, ruleFold } from '#wire'
import { demoRules } from './demo-site.ts'

const MINUTE = 60_000
const MINUTES = 660
const START = Date.parse('2026-07-01T08:00:00+08:00')
const catalogue = loadCatalogue()
const rules = Value.Default(Rules, demoRules('s')) as Rule[]

function pointOf(rule: Rule): Point {
  const profile = modbusEntry(catalogue, rule.point === 'level' ? 'level-sensor/acme-lv-4' : 'rain-gauge/acme-rg-1')?.profile
  const point = profile?.modbus.points[rule.point]
  if (point === undefined) throw new Error(`expected a point ${rule.point} in the catalogue`)
  return point
}

/** What a gateway reads at each whole minute, through the registers of the device's own model. */
function readAt(rule: Rule, point: Point, minute: number, depth: number): number | null {
  const river = stormRiver({ depthMm: depth })
  const count = rule.point === 'level' ? river.levelCm(minute) : river.tips(minute) * river.tipMm * 10
  const { value } = decodePoint(point, encodePoint(point, Math.round(count)))
  return typeof value === 'number' ? value : null
}

test.each([60, 90, 120, 135, 200])('at every minute of a storm of %i mm each rule says what the formulas ask for', (depth) => {
  const expected = expectedAlerts(stormRiver({ depthMm: depth }), MINUTES)
  for (const rule of rules) {
    const point = pointOf(rule)
    const fold = ruleFold(rule, { decimals: point.decimals, everyMs: 5 * MINUTE })
    let state = fold.initial
    let said: Pick<AlertChange, 'grade' | 'action'> = { grade: null }
    let wanted: Pick<AlertChange, 'grade' | 'action'> = { grade: null }
    for (let minute = 0; minute <= MINUTES; minute++) {
      const change = expected.find((one) => one.rule === rule.id && one.minute === minute)
      if (change) wanted = { grade: change.grade, ...(change.action && { action: change.action }) }
      const next = fold.fold(state, { at: START + minute * MINUTE, value: readAt(rule, point, minute, depth), quality: 'good' })
      state = next.state
      if (next.verdict) said = { grade: next.verdict.grade, ...(next.verdict.action && { action: next.verdict.action }) }
      expect({ rule: rule.id, minute, ...said }).toEqual({ rule: rule.id, minute, ...wanted })
    }
  }
})

test('the canonical storm raises what the worked example says, and only the highest grade', () => {
  const told = expectedAlerts(stormRiver({ depthMm: 120 }), MINUTES).map(
    ({ rule, minute, grade, action }) => `${rule} ${minute} ${action ?? grade ?? 'cleared'}`,
  )
  expect(told.slice(0, 6)).toEqual([
    'rainstorm 145 orange',
    'flash-flood 145 prepare',
    'flash-flood 155 move',
    'level 215 blue',
    'level 230 yellow',
    'level 295 orange',
  ])
  expect(told.some((line) => line.endsWith(' red'))).toBe(false)
})
