import { expect, test } from 'vitest'
import { stormRiver } from './river.ts'
import { type AlertChange, expectedAlerts, rainSumMm } from './truth.ts'

const END_MIN = 660
const minutes = Array.from({ length: END_MIN / 5 + 1 }, (_, step) => step * 5)

const first = (changes: readonly AlertChange[], rule: AlertChange['rule'], grade: AlertChange['grade']) =>
  changes.find((change) => change.rule === rule && change.grade === grade)?.minute

test.each([
  { depthMm: 90, hour: 48, threeHours: 71.5, six: 155, twelve: 155, orange: 155, prepare: 150, move: undefined },
  { depthMm: 120, hour: 63.5, threeHours: 95.5, six: 145, twelve: 145, orange: 145, prepare: 145, move: 155 },
])(
  'a storm of $depthMm mm reaches the rain limits when the worked table says',
  ({ depthMm, hour, threeHours, six, twelve, orange, prepare, move }) => {
    const river = stormRiver({ depthMm })
    expect(Math.max(...minutes.map((minute) => rainSumMm(river, minute, 60)))).toBe(hour)
    expect(Math.max(...minutes.map((minute) => rainSumMm(river, minute, 180)))).toBe(threeHours)
    expect(minutes.find((minute) => rainSumMm(river, minute, 360) >= 50)).toBe(six)
    expect(minutes.find((minute) => rainSumMm(river, minute, 720) >= 50)).toBe(twelve)

    const changes = expectedAlerts(river, END_MIN)
    expect(first(changes, 'rainstorm', 'orange')).toBe(orange)
    expect(changes.filter(({ rule }) => rule === 'rainstorm')[0]?.grade).toBe('orange')
    expect(first(changes, 'rainstorm', 'red')).toBeUndefined()
    expect(changes.find(({ action }) => action === 'prepare')?.minute).toBe(prepare)
    expect(changes.find(({ action }) => action === 'move')?.minute).toBe(move)
  },
)

test.each([
  { depthMm: 90, reach: { 3300: [250, 570], 3350: [270, 540], 3550: [undefined, undefined], 3690: [undefined, undefined] } },
  { depthMm: 120, reach: { 3300: [215, 605], 3350: [230, 590], 3550: [295, 495], 3690: [undefined, undefined] } },
])('a storm of $depthMm mm holds each level from and to the minutes of the worked table', ({ depthMm, reach }) => {
  const river = stormRiver({ depthMm })
  for (const [cm, span] of Object.entries(reach)) {
    const above = minutes.filter((minute) => river.levelCm(minute) >= Number(cm))
    expect([above[0], above.at(-1)], cm).toEqual(span)
  }
})

test('the canonical storm gives this list, up and down', () => {
  const changes = expectedAlerts(stormRiver({ depthMm: 120, repeatMin: 660 }), END_MIN)
  expect(changes.map(({ minute, rule, grade, action }) => `${minute} ${rule} ${action ?? grade}`)).toEqual([
    '145 rainstorm orange',
    '145 flash-flood prepare',
    '155 flash-flood move',
    '215 level blue',
    '230 level yellow',
    '295 level orange',
    '320 flash-flood prepare',
    '335 rainstorm yellow',
    '335 flash-flood null',
    '505 level yellow',
    '520 rainstorm blue',
    '595 level blue',
    '615 level null',
  ])
})

test('a grade of the level is left only 10 cm below its limit', () => {
  const levels = [3299, 3300, 3291, 3290, 3289, 3700, 3680, 3679, 3545, 3540, 3200]
  const river = { ...stormRiver({ depthMm: 0 }), levelCm: (minute: number) => levels[minute / 5] ?? 0 }
  expect(expectedAlerts(river, 50).map(({ minute, grade }) => [minute, grade])).toEqual([
    [5, 'blue'],
    [20, null],
    [25, 'red'],
    [35, 'orange'],
    [50, null],
  ])
})

const seenAt = (...minutes: number[]) => {
  const sightings = minutes.toSorted((a, b) => a - b).map((minute) => ({ minute, shown: minute }))
  return { rain: sightings, level: sightings }
}

test('what nobody saw raises nothing: a change waits for the next row, and of several only the last is told', () => {
  const river = stormRiver({ depthMm: 120, repeatMin: 660 })
  const seen = seenAt(...minutes.filter((minute) => minute < 145 || minute > 155), 156.5)
  const changes = expectedAlerts(river, END_MIN, seen)
  expect(changes.slice(0, 3).map(({ minute, rule, grade, action }) => `${minute} ${rule} ${action ?? grade}`)).toEqual([
    '156.5 rainstorm orange',
    '156.5 flash-flood move',
    '215 level blue',
  ])
})

test('rain of a gap counts only where the whole gap lies in the window', () => {
  const river = stormRiver({ depthMm: 120 })
  const whole = expectedAlerts(river, END_MIN)
  const gapped = expectedAlerts(river, END_MIN, seenAt(...minutes.filter((minute) => minute < 130 || minute > 150)))
  const end = (changes: readonly AlertChange[]) =>
    changes.find(({ rule, grade }) => rule === 'flash-flood' && grade === null)?.minute
  expect(end(gapped)).toBeLessThan(end(whole) ?? 0)
})

test('a row holds what its instrument showed when it was asked, and the first total of a step stands', () => {
  const river = stormRiver({ depthMm: 120, repeatMin: 660 })
  const late = minutes.map((minute) => ({ minute: minute === 145 ? 145.01 : minute, shown: minute === 145 ? 144.9 : minute }))
  const again = [...late, { minute: 145.2, shown: 145.1 }].sort((a, b) => a.minute - b.minute)
  const changes = expectedAlerts(river, END_MIN, { rain: again, level: again })
  expect(changes.slice(0, 2).map(({ minute, rule }) => `${minute} ${rule}`)).toEqual(['150 rainstorm', '150 flash-flood'])
})
