import { expect, test } from 'vitest'
import { loadCatalogue, modbusEntry, type Reading } from '#devices'
import { encodeBatch, type Rule, type SiteEvent } from '#wire'
import { decodeBatch } from '#wire/decode'
import type { GatewayConfig, SiteDevice } from './config.ts'
import { tellings } from './description.ts'
import { EdgeJudge, type Judgement, RULE_STATE_PREFIX } from './edge-judge.ts'
import { OUTBOX_LIMITS } from './journal/index.ts'

const catalogue = loadCatalogue()
const LEVEL: Rule = {
  id: 'level',
  family: 'level',
  kind: 'threshold',
  title: { zh: '水位', en: 'Level' },
  device: 'Z',
  point: 'level',
  validFrom: '1970-01-01',
  approver: 'a',
  edge: true,
  direction: 'above',
  hysteresis: 0.1,
  grades: { blue: { value: 33 }, red: { value: 36, action: 'move' } },
}
const RAIN: Rule = {
  id: 'rain',
  family: 'rainstorm',
  kind: 'rain-window',
  title: { zh: '暴雨', en: 'Rainstorm' },
  device: 'R',
  point: 'rain_total',
  validFrom: '1970-01-01',
  approver: 'a',
  edge: true,
  grades: { red: { any: [{ window: '1h', sum: 50 }] } },
}

function device(id: string, profile: string): SiteDevice {
  const entry = modbusEntry(catalogue, profile)
  if (entry === undefined) throw new Error(`no ${profile}`)
  const own = { id, name: { zh: id, en: id } }
  return { ...own, station: own, profile: entry, line: 'tcp://127.0.0.1:1502', unit: 1 }
}
const site: GatewayConfig = {
  gateway: 'g-1',
  data: '',
  broker: '',
  console: { host: '127.0.0.1', port: 0 },
  outbox: OUTBOX_LIMITS,
  clock: { source: 'system' },
  devices: [device('Z', 'level-sensor/acme-lv-4'), device('R', 'rain-gauge/acme-rg-1')],
  rules: [LEVEL, RAIN],
  hash: '',
}
const judgeOf = (states: Judgement['states'] = [], changed: Partial<GatewayConfig> = {}) =>
  new EdgeJudge({ ...site, ...changed }, new Map(states))

const level = (at: number, cm: number | null, quality: Reading['quality'] = 'good'): Reading => ({
  device: 'Z',
  point: 'level',
  at,
  value: cm,
  quality,
})
const said = ({ alarms }: Judgement) => alarms.map(({ at, body }) => [at, body.grade, body.value])

test('an alarm is raised, escalated and eased by the very limits and margins of the rule, each with its evidence', () => {
  const judge = judgeOf()
  const told = [3299, 3300, 3599, 3600, 3591, 3590, 3589, 3290, 3289].map((cm, at) => said(judge.take([level(at, cm)])))
  expect(told).toEqual([[], [[1, 'blue', 3300]], [], [[3, 'red', 3600]], [], [], [[6, 'blue', 3589]], [], [[8, null, 3289]]])
  const [alarm] = judge.take([level(9, 3700)]).alarms
  expect(alarm).toMatchObject({
    kind: 'alarm',
    device: 'Z',
    at: 9,
    body: { rule: 'level', grade: 'red', action: 'move', evidence: { decimals: 2, limit: 3600, rows: [{ at: 9, value: 3700 }] } },
  })
})

test('what is missing, bad or suspect raises nothing and eases nothing', () => {
  const judge = judgeOf()
  expect(said(judge.take([level(1, 3700, 'suspect'), level(2, null, 'bad')]))).toEqual([])
  expect(said(judge.take([level(3, 3700)]))).toEqual([[3, 'red', 3700]])
  expect(said(judge.take([level(4, null, 'bad'), level(5, 0, 'suspect')]))).toEqual([])
  expect(said(judge.take([{ ...level(6, 0), value: false }]))).toEqual([])
})

test('only the readings of a rule’s own point are judged, and a site without rules keeps no states', () => {
  expect(judgeOf().take([{ ...level(1, 3700), point: 'velocity' }])).toEqual({ alarms: [], states: [] })
  expect(judgeOf().take([{ ...level(1, 3700), device: 'Y' }])).toEqual({ alarms: [], states: [] })
  expect(judgeOf([], { rules: [] }).take([level(1, 3700)])).toEqual({ alarms: [], states: [] })
})

test('a judge that goes on from the states kept says what one without a restart says', () => {
  const rows = Array.from({ length: 300 }, (_, index): Reading[] => {
    const at = index * 5 * 60_000
    const rain = Math.round(40 * index + 500 * Math.sin(index / 15))
    return [
      level(at, 3300 + Math.round(400 * Math.sin(index / 10))),
      { device: 'R', point: 'rain_total', at, value: rain, quality: 'good' },
    ]
  })
  const whole = judgeOf()
  const expected = rows.flatMap((row) => whole.take(row).alarms)
  let states = new Map<string, string>()
  const restarted = rows.flatMap((row) => {
    const judgement = judgeOf([...states]).take(row)
    states = new Map([...states, ...judgement.states])
    return judgement.alarms
  })
  expect(restarted).toEqual(expected)
  expect(new Set(expected.map(({ body }) => body.rule))).toEqual(new Set(['level', 'rain']))
  expect(new Set(expected.map(({ id }) => id)).size).toBe(expected.length)
  expect([...states.keys()].every((key) => key.startsWith(RULE_STATE_PREFIX))).toBe(true)
})

test('another text of a rule, or another version of the model, starts anew; so does a state that cannot be read', () => {
  const { states } = judgeOf().take([level(0, 3700)])
  expect(said(judgeOf(states).take([level(1, 3700)]))).toEqual([])
  const edited = [{ ...LEVEL, approver: 'b' }]
  expect(said(judgeOf(states, { rules: edited }).take([level(1, 3700)]))).toEqual([[1, 'red', 3700]])
  const devices = site.devices.map((known) => ({ ...known, profile: { ...known.profile, hash: 'ffffffffffffffff' } }))
  expect(said(judgeOf(states, { devices }).take([level(1, 3700)]))).toEqual([[1, 'red', 3700]])
  const damaged = states.map(([key, body]): [string, string] => [key, body.slice(1)])
  expect(said(judgeOf(damaged).take([level(1, 3700)]))).toEqual([[1, 'red', 3700]])
})

test('events of the longest names that a file may give are taken by the cloud', () => {
  const [name, rule] = ['d'.repeat(48), 'r'.repeat(64)]
  const known = device(name, 'level-sensor/acme-lv-4')
  const changed = { gateway: 'g'.repeat(48), devices: [known], rules: [{ ...LEVEL, id: rule, device: name }] }
  const { alarms } = judgeOf([], changed).take([{ ...level(8.64e15, 3700), device: name }])
  const described = tellings([known], new Map(), 1, 'abcdef012345').map(({ event }) => event)
  const sent = (lane: 'alarm' | 'event', events: readonly SiteEvent[]) => {
    const rows = events.map((event, index) => ({ seq: index + 1, event }))
    const head = { gateway: changed.gateway, epoch: '0123456789abcdef', first: 1, last: rows.length }
    expect(decodeBatch(encodeBatch({ ...head, lane, rows })).rows).toEqual(rows)
  }
  expect([alarms.length, described.length]).toEqual([1, 1])
  sent('alarm', alarms)
  sent('event', described)
})
