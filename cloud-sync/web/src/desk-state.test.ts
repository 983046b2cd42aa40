import { describe, expect, test } from 'vitest'
import { type AlertView, alertView, type RowView, rowView, type StationView, siteView, stationView } from './api/views.ts'
import { type DeskEvent, type DeskState, nothingYet, reduce } from './desk-state.ts'

const T = Date.UTC(2026, 6, 1)
const site = siteView({ name: 'Demo', version: '1', zone: 'Asia/Shanghai', now: T, speed: 1, demo: null }, 'site')
const row = (at: number, value: number, more: object = {}): RowView =>
  rowView({ device: 'd', point: 'level', at, n: 0, value, quality: 'good', received: at + 1, stored: at + 2, ...more }, 'row')
const station = (latest: object | null, more: object = {}): StationView =>
  stationView(
    {
      id: 's',
      name: { zh: '站', en: 'S' },
      gateway: 'g',
      state: 'normal',
      alerts: 0,
      devices: [],
      points: [{ device: 'd', point: 'level', unit: 'm', decimals: 2, meaning: 'gauge', every: 300_000, thresholds: [], latest }],
      ...more,
    },
    'station',
  )
const alert = (changes: number[], more: object = {}): AlertView =>
  alertView(
    {
      id: 'a',
      rule: 'r',
      family: 'r',
      title: { zh: '警', en: 'A' },
      kind: 'threshold',
      station: 's',
      device: 'd',
      point: 'level',
      unit: 'm',
      decimals: 2,
      state: 'open',
      grade: 'blue',
      peakGrade: 'blue',
      openedAt: T,
      clearedAt: null,
      changes: changes.map((id) => ({
        id,
        at: T,
        kind: 'raised',
        grade: 'blue',
        value: 1,
        evidence: { version: 'v', decimals: 2, limit: 1, rows: [] },
        sources: ['cloud'],
        retrospective: false,
        recorded: T,
      })),
      ...more,
    },
    'alert',
  )
const snapshot = (more: Partial<Extract<DeskEvent, { kind: 'snapshot' }>> = {}): DeskEvent => ({
  kind: 'snapshot',
  site,
  stations: [station(row(T, 3300))],
  alerts: [],
  live: true,
  ...more,
})
const stateAfter = (...events: DeskEvent[]): DeskState => events.reduce(reduce, nothingYet)
const level = (state: DeskState) => state.stations[0]?.points[0]?.latest?.value

describe('rows', () => {
  test('a newer row becomes the value that is shown, and the feed is known to be alive', () => {
    const state = stateAfter(snapshot(), { kind: 'readings', rows: [row(T + 300_000, 3310)] })
    expect(level(state)).toBe(3310)
    expect(state.lastReceived).toBe(T + 300_001)
  })

  test('a late row hides nothing, yet whoever draws the past is told to look again', () => {
    const before = stateAfter(snapshot())
    const state = reduce(before, { kind: 'readings', rows: [row(T - 300_000, 3290)] })
    expect(level(state)).toBe(3300)
    expect(state.stations).toBe(before.stations)
    expect(state.rowsSeen.get('d/level')).toBe((before.rowsSeen.get('d/level') ?? 0) + 1)
  })

  test('rows out of order in one event leave the newest', () => {
    const rows = [row(T + 600_000, 3320), row(T + 300_000, 3310)]
    expect(level(stateAfter(snapshot(), { kind: 'readings', rows }))).toBe(3320)
  })

  test('of two rows of one instant the later counted one wins', () => {
    const rows = [row(T + 300_000, 3311, { n: 1, quality: 'suspect', reason: 'conflict' }), row(T + 300_000, 3310)]
    expect(level(stateAfter(snapshot(), { kind: 'readings', rows }))).toBe(3311)
  })

  test('the same event twice leaves the same values', () => {
    const event: DeskEvent = { kind: 'readings', rows: [row(T + 300_000, 3310)] }
    expect(stateAfter(snapshot(), event, event).stations).toEqual(stateAfter(snapshot(), event).stations)
  })

  test('a row of a device that no station has changes no station', () => {
    const before = stateAfter(snapshot())
    expect(reduce(before, { kind: 'readings', rows: [row(T + 1, 1, { device: 'other' })] }).stations).toBe(before.stations)
  })

  test('no data is a value of its own: it replaces a number', () => {
    const rows = [row(T + 300_000, 0, { value: null, quality: 'bad', reason: 'timeout' })]
    expect(level(stateAfter(snapshot(), { kind: 'readings', rows }))).toBeNull()
  })
})

describe('alerts', () => {
  test('a new alert is added, a further change replaces it', () => {
    const raised = stateAfter(snapshot(), { kind: 'alert', alert: alert([1]) })
    expect(raised.alerts.get('a')?.grade).toBe('blue')
    const escalated = reduce(raised, { kind: 'alert', alert: alert([1, 2], { grade: 'red' }) })
    expect(escalated.alerts.get('a')?.grade).toBe('red')
  })

  test('a replay of what is known, or of less, is nothing at all', () => {
    const state = stateAfter(snapshot(), { kind: 'alert', alert: alert([1, 2], { grade: 'red' }) })
    expect(reduce(state, { kind: 'alert', alert: alert([1, 2], { grade: 'red' }) })).toBe(state)
    expect(reduce(state, { kind: 'alert', alert: alert([1]) })).toBe(state)
  })
})

describe('the link', () => {
  test('lost keeps the first moment, however often the page tries', () => {
    const state = stateAfter(snapshot(), { kind: 'lost', mono: 10, asOf: T }, { kind: 'lost', mono: 99, asOf: null })
    expect(state.link).toEqual({ state: 'lost', since: 10, asOf: T })
  })

  test('is live again only by a snapshot that came with a feed', () => {
    const lost = stateAfter(snapshot(), { kind: 'lost', mono: 10, asOf: T })
    expect(reduce(lost, snapshot({ live: false })).link.state).toBe('lost')
    expect(reduce(lost, { kind: 'readings', rows: [row(T + 1, 1)] }).link.state).toBe('lost')
    expect(reduce(lost, snapshot()).link.state).toBe('live')
  })

  test('a snapshot takes the place of everything, also of what is newer: the site may have been set back', () => {
    const state = stateAfter(
      snapshot(),
      { kind: 'readings', rows: [row(T + 900_000, 3400)] },
      { kind: 'alert', alert: alert([5]) },
      snapshot(),
    )
    expect(level(state)).toBe(3300)
    expect(state.alerts.size).toBe(0)
    expect(state.lastReceived).toBe(T + 1)
  })
})

describe('stations', () => {
  test('an answer about one station renews it and keeps a newer value that the feed told meanwhile', () => {
    const state = stateAfter(
      snapshot(),
      { kind: 'readings', rows: [row(T + 300_000, 3310)] },
      { kind: 'station', station: station(row(T, 3300), { state: 'blue' }) },
    )
    expect(state.stations[0]?.state).toBe('blue')
    expect(level(state)).toBe(3310)
  })

  test('a station that was not known is added, one that is gone is taken away', () => {
    const more = stateAfter(snapshot({ stations: [] }), { kind: 'station', station: station(null) })
    expect(more.stations).toHaveLength(1)
    expect(more.lastReceived).toBeNull()
    expect(reduce(more, { kind: 'gone', station: 's' }).stations).toEqual([])
  })
})
