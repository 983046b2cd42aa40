import { expect, test } from 'vitest'
import { describeDevices, LEVEL_POINT, LEVEL_RULE, NOON, openTestSite, putIncident } from './site.fixture.ts'

const idsOf = (body: unknown) => (body as { id: string }[]).map(({ id }) => id)

test('an alert comes with its changes and their evidence', async () => {
  await using site = await openTestSite({ rules: [LEVEL_RULE] })
  await describeDevices(site)
  await putIncident(site, { id: 'a', openedAt: NOON, clearedAt: NOON + 1, values: [333, 310] })
  const change = { value: 333, sources: ['cloud', 'gateway'], retrospective: false, recorded: 7 }
  expect(await site.get('/api/alerts/a')).toEqual({
    id: 'a',
    rule: 'level-s1',
    family: 'flood',
    title: { zh: '水位超限', en: 'High water' },
    kind: 'threshold',
    station: 's1',
    device: 'd1',
    point: 'level',
    unit: 'm',
    decimals: 2,
    state: 'cleared',
    grade: 'yellow',
    action: 'prepare',
    peakGrade: 'yellow',
    peak: 333,
    openedAt: NOON,
    clearedAt: NOON + 1,
    changes: [
      {
        ...change,
        id: 1,
        at: NOON,
        kind: 'raised',
        grade: 'yellow',
        action: 'prepare',
        evidence: { version: 'v1', decimals: 2, limit: 320, rows: [{ at: NOON, value: 333 }] },
      },
      {
        ...change,
        id: 2,
        at: NOON + 1,
        kind: 'cleared',
        grade: null,
        value: 310,
        evidence: { version: 'v1', decimals: 2, limit: 320, rows: [{ at: NOON, value: 310 }] },
      },
    ],
  })
})

test('alerts come newest first, open ones alone unless all are asked for', async () => {
  await using site = await openTestSite()
  await putIncident(site, { id: 'old-open', openedAt: NOON })
  await putIncident(site, { id: 'cleared', openedAt: NOON + 1, clearedAt: NOON + 2 })
  await putIncident(site, { id: 'new-open', openedAt: NOON + 3, station: 's2' })
  expect(idsOf(await site.get('/api/alerts'))).toEqual(['new-open', 'old-open'])
  expect(idsOf(await site.get('/api/alerts?state=all'))).toEqual(['new-open', 'cleared', 'old-open'])
  expect(idsOf(await site.get('/api/alerts?state=all&station=s1'))).toEqual(['cleared', 'old-open'])
  // A limit never hides an open alert behind a cleared one.
  expect(idsOf(await site.get('/api/alerts?state=all&limit=2'))).toEqual(['new-open', 'old-open'])
})

test('values of an alert share the finest decimals, also when the profile changed since', async () => {
  await using site = await openTestSite()
  await describeDevices(site)
  await putIncident(site, { id: 'a', openedAt: NOON })
  await describeDevices(site, { at: NOON + 1, hash: 'h2', points: { level: { ...LEVEL_POINT, decimals: 3 } } })
  expect(await site.get('/api/alerts/a')).toMatchObject({
    decimals: 3,
    peak: 3210,
    changes: [{ value: 3210, evidence: { decimals: 2 } }],
  })
})

test('the peak of an alert for low values is the lowest', async () => {
  await using site = await openTestSite({ rules: [{ ...LEVEL_RULE, direction: 'below' }] })
  await putIncident(site, { id: 'a', openedAt: NOON, clearedAt: NOON + 1, values: [100, 130] })
  expect(await site.get('/api/alerts/a')).toMatchObject({ peak: 100 })
})

test('an unknown alert is not found', async () => {
  await using site = await openTestSite()
  expect(await site.get('/api/alerts/x', 404)).toMatchObject({ code: 'not-found' })
})
