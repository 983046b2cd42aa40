import { expect, test } from 'vitest'
import { putGateway, setOnline } from '#cloud/store'
import { describeDevices, LEVEL_POINT, LEVEL_RULE, MINUTE, NOON, openTestSite, putIncident, putReadings } from './site.fixture.ts'

test('stations come with their devices, points, latest values and thresholds in counts', async () => {
  await using site = await openTestSite({ rules: [LEVEL_RULE] })
  await describeDevices(site)
  await setOnline(site.records.db, { device: 'd1', online: true, at: NOON })
  await putReadings(site, [{ at: NOON, value: '317' }])
  expect(await site.get('/api/stations')).toEqual([
    {
      id: 's1',
      name: { zh: '一站', en: 'Station one' },
      gateway: 'g1',
      state: 'normal',
      devices: [
        { id: 'd1', name: { zh: '水位计', en: 'Level sensor' }, profile: 'level-sensor/acme-lv-4', online: true, since: NOON },
      ],
      points: [
        {
          device: 'd1',
          point: 'level',
          unit: 'm',
          decimals: 2,
          meaning: 'gauge',
          every: MINUTE,
          latest: { at: NOON, n: 0, value: 317, quality: 'good', received: NOON + 1, stored: 2 },
          thresholds: [
            { rule: 'level-s1', grade: 'yellow', value: 320, direction: 'above' },
            { rule: 'level-s1', grade: 'red', value: 414, direction: 'above' },
          ],
        },
        { device: 'd1', point: 'rain', unit: 'mm', decimals: 1, meaning: 'counter', every: MINUTE, latest: null, thresholds: [] },
      ],
      alerts: 0,
      doubt: null,
    },
  ])
})

test.each([
  ['null', 'null'],
  ['false', 'false'],
  ['a text', '"370602001"'],
  ['a large count', '9007199254740991'],
])('a latest value of %s arrives as it was', async (_, value) => {
  await using site = await openTestSite()
  await describeDevices(site)
  await putReadings(site, [{ at: NOON, value, quality: 'suspect', reason: 'step' }])
  expect(await site.get('/api/stations/s1')).toMatchObject({
    points: [{ latest: { value: JSON.parse(value), quality: 'suspect', reason: 'step' } }, {}],
  })
})

test('a station without data, without a threshold, with an open alert says so', async () => {
  await using site = await openTestSite({ rules: [LEVEL_RULE] })
  await describeDevices(site)
  await describeDevices(site, { device: 'd2', station: { id: 's2', name: { zh: '二站', en: 'Station two' } } })
  await putReadings(site, [{ device: 'd2', at: NOON, value: '5' }])
  const states = async () => (await site.get('/api/stations')) as { state: string; alerts: number }[]
  expect(await states()).toMatchObject([{ state: 'no-data', alerts: 0 }, { state: 'no-threshold' }])
  await putIncident(site, { id: 'a', openedAt: NOON })
  await putIncident(site, { id: 'b', openedAt: NOON, clearedAt: NOON + 1 })
  expect(await states()).toMatchObject([{ state: 'yellow', alerts: 1 }, { alerts: 0 }])
})

test('a station whose gateway is away is offline, whatever its devices said last', async () => {
  await using site = await openTestSite({ rules: [LEVEL_RULE] })
  await describeDevices(site)
  await setOnline(site.records.db, { device: 'd1', online: true, at: NOON })
  await putReadings(site, [{ at: NOON, value: '5' }])
  const gateway = {
    id: 'g1',
    online: 1,
    epoch: 'e',
    boot: 'b',
    since: NOON,
    clock: null,
    config: null,
    lanes: '{}',
    updated: NOON,
  }
  await putGateway(site.records.db, gateway)
  expect(await site.get('/api/stations/s1')).toMatchObject({ state: 'normal' })
  await putGateway(site.records.db, { ...gateway, online: 0, since: NOON + 5 })
  expect(await site.get('/api/stations/s1')).toMatchObject({ state: 'offline', devices: [{ online: false, since: NOON + 5 }] })
})

test('values of an older profile version are shown in the decimals of the finest', async () => {
  await using site = await openTestSite({ rules: [LEVEL_RULE] })
  await describeDevices(site)
  await putReadings(site, [{ at: NOON, value: '317' }])
  await describeDevices(site, { at: NOON + 1, hash: 'h2', points: { level: { ...LEVEL_POINT, decimals: 3 } } })
  expect(await site.get('/api/stations/s1')).toMatchObject({
    points: [{ decimals: 3, latest: { value: 3170 }, thresholds: [{ value: 3200 }, { value: 4135 }] }],
  })
  await describeDevices(site, { at: NOON + 2, hash: 'h3', points: { level: { ...LEVEL_POINT, unit: 'mm', decimals: 0 } } })
  expect(await site.get('/api/stations/s1')).toMatchObject({
    state: 'no-data',
    points: [{ unit: 'mm', decimals: 0, latest: null }],
  })
})

test('an unknown station is not found', async () => {
  await using site = await openTestSite()
  expect(await site.get('/api/stations/s9', 404)).toEqual({
    code: 'not-found',
    message: 'expected the id of a station, got "s9"',
  })
})
