import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as later } from 'node:timers/promises'
import { type Logger, pino } from 'pino'
import { expect, test } from 'vitest'
import { recordChange } from '#cloud/store'
import { siteClock } from '#devices'
import type { FeedLimits } from './feed.ts'
import { describeDevices, LEVEL_POINT, NOON, openTestSite, putIncident, putReadings, type TestSite } from './site.fixture.ts'
import { connectSse } from './sse.fixture.ts'

async function openFeed(feed: Partial<FeedLimits> = {}, log?: Logger): Promise<TestSite & { readonly url: string }> {
  // A machine clock: the heartbeat goes by it.
  const site = await openTestSite({
    feed: { tickMs: 5, ...feed },
    ...(log && { log }),
    clock: siteClock({ start: NOON, since: Date.now(), speed: 10 }),
  })
  await describeDevices(site)
  return Object.assign(site, { url: `${await site.app.listen({ host: '127.0.0.1', port: 0 })}/api/feed` })
}

const reading = (value: number, at: number, over = {}) => ({
  device: 'd1',
  point: 'level',
  at,
  n: 0,
  value,
  quality: 'good',
  received: NOON + 1,
  stored: 2,
  ...over,
})

test('the feed begins with hello, which tells a new client to fetch everything', async () => {
  await using site = await openFeed()
  using client = await connectSse(site.url)
  expect(client.response.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
  })
  const hello = await client.next()
  expect(hello).toEqual({ id: '0', event: 'hello', data: { now: expect.any(Number), speed: 10, resync: true } })
})

test('the feed tells readings, alerts, stations and gateways, each object once a run, the last with the id', async () => {
  await using site = await openFeed()
  using client = await connectSse(site.url)
  await client.next()
  await site.records.db.transaction().execute(async (trx) => {
    for (const ref of ['g1', 'g1']) await recordChange(trx, 'gateway', ref, 1)
    for (const ref of ['s1', 's2', 's1']) await recordChange(trx, 'station', ref, 1)
    await putIncident({ ...site, records: { ...site.records, db: trx } }, { id: 'a', openedAt: NOON })
    await recordChange(trx, 'alert', 'a', 1)
    await recordChange(trx, 'alert', 'nobody', 1)
  })
  await expect(client.next()).resolves.toMatchObject({
    id: undefined,
    event: 'alert',
    data: { id: 'a', peak: 321, changes: [{ kind: 'raised' }] },
  })
  await expect(client.next()).resolves.toEqual({ id: undefined, event: 'station', data: { id: 's1' } })
  await expect(client.next()).resolves.toEqual({ id: undefined, event: 'station', data: { id: 's2' } })
  await expect(client.next()).resolves.toEqual({ id: '7', event: 'gateway', data: { id: 'g1' } })
  const id = await putReadings(site, [
    { at: NOON, value: '317' },
    { point: 'rain', at: NOON, value: 'null', quality: 'bad', reason: 'timeout' },
  ])
  await expect(client.next()).resolves.toEqual({
    id: String(id),
    event: 'readings',
    data: { rows: [reading(317, NOON), reading(0, NOON, { point: 'rain', value: null, quality: 'bad', reason: 'timeout' })] },
  })
})

test('readings of an older profile version come in the decimals of the station', async () => {
  await using site = await openFeed()
  await describeDevices(site, { at: NOON + 1, hash: 'h2', points: { level: { ...LEVEL_POINT, decimals: 3 } } })
  using client = await connectSse(site.url)
  await client.next()
  await putReadings(site, [
    { at: NOON, value: '317' },
    { point: 'unknown', at: NOON, value: '1' },
  ])
  await expect(client.next()).resolves.toMatchObject({ data: { rows: [reading(3170, NOON)] } })
})

test('a client that comes back gets what it missed, as it is now', async () => {
  await using site = await openFeed()
  await putReadings(site, [{ at: NOON, value: '1' }])
  const seen = await recordChange(site.records.db, 'station', 's1', 1)
  await putReadings(site, [{ at: NOON + 1, value: '2' }])
  const last = await putReadings(site, [{ at: NOON + 2, value: '3' }])
  using client = await connectSse(site.url, seen)
  await expect(client.next()).resolves.toEqual({
    id: undefined,
    event: 'hello',
    data: expect.objectContaining({ resync: false }),
  })
  await expect(client.next()).resolves.toEqual({ id: String(last), event: 'readings', data: { rows: [reading(3, NOON + 2)] } })
  using upToDate = await connectSse(site.url, last)
  await expect(upToDate.next()).resolves.toMatchObject({ id: String(last), event: 'hello', data: { resync: false } })
})

test('a client whose id is too old, unknown, too far back or no id at all is told to fetch everything', async () => {
  await using site = await openFeed({ runMax: 3 })
  for (let change = 0; change < 10; change++) await recordChange(site.records.db, 'station', 's1', 1)
  await site.records.db.deleteFrom('change').where('id', '<', 9).execute()
  const resyncs = async (id: string | number) => {
    using client = await connectSse(site.url, id)
    return (await client.next())?.data
  }
  for (const id of [7, 11, 'x', '-1', '1e3', ''])
    expect({ id, ...((await resyncs(id)) as object) }).toMatchObject({ id, resync: true })
  expect(await resyncs(8)).toMatchObject({ resync: false })
  for (let change = 0; change < 2; change++) await recordChange(site.records.db, 'station', 's1', 1)
  expect(await resyncs(8)).toMatchObject({ resync: true })
  expect(await resyncs(9)).toMatchObject({ resync: false })
})

test('clients that come and go while changes are written miss none and get none twice', async () => {
  await using site = await openFeed()
  const changes = 300
  const writing = (async () => {
    for (let change = 1; change <= changes; change++) {
      await recordChange(site.records.db, 'station', `s${change}`, 1)
      if (change % 10 === 0) await later(1)
    }
  })()
  const told: string[] = []
  let last = '0'
  // Each connection is cut after some events, in the middle of whatever comes.
  for (let eventsMax = 3; told.at(-1) !== `s${changes}`; eventsMax += 7) {
    using client = await connectSse(site.url, last)
    const hello = await client.next()
    expect(hello?.data).toMatchObject({ resync: false })
    last = hello?.id ?? last
    const run: string[] = []
    for (let event = 0; event < eventsMax && told.at(-1) !== `s${changes}`; event++) {
      const next = await client.next()
      if (next === null) break
      run.push((next.data as { id: string }).id)
      if (next.id === undefined) continue
      last = next.id
      told.push(...run.splice(0))
    }
  }
  await writing
  expect(told).toEqual(Array.from({ length: changes }, (_, index) => `s${index + 1}`))
})

test('a heartbeat comes when nothing else does', async () => {
  await using site = await openFeed({ heartbeatMs: 20 })
  using client = await connectSse(site.url)
  await client.next()
  // The event after the silence is what ends the wait for it.
  const next = client.next()
  while (client.comments < 2) await later(5)
  await recordChange(site.records.db, 'station', 's1', 1)
  await expect(next).resolves.toMatchObject({ event: 'station' })
})

test('a client that reads too slowly is cut off, and the others go on', async () => {
  await using site = await openFeed({ queueBytesMax: 64 * 1024 })
  const { hostname, port } = new URL(site.url)
  const slow = connect({ host: hostname, port: Number(port) })
  slow.on('error', () => {})
  await once(slow, 'connect')
  // It asks, and never reads.
  slow.pause()
  slow.write(`GET /api/feed HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`)
  using quick = await connectSse(site.url)
  await quick.next()
  const clients = async () => ((await site.get('/health')) as { feedClients: number }).feedClients
  while ((await clients()) < 2) await later(5)
  let count = 0
  while ((await clients()) === 2) {
    await site.records.db.transaction().execute(async (trx) => {
      for (let change = 0; change < 500; change++) await recordChange(trx, 'station', `${++count}${'-'.repeat(500)}`, 1)
    })
    for (let change = 0; change < 500; change++) await quick.next()
  }
  await recordChange(site.records.db, 'gateway', 'g1', 1)
  await expect(quick.next()).resolves.toMatchObject({ event: 'gateway' })
  slow.destroy()
})

test('a client that leaves frees its place, and one too many is refused', async () => {
  await using site = await openFeed({ clientsMax: 1 })
  {
    using client = await connectSse(site.url)
    await client.next()
    using refused = await connectSse(site.url)
    expect(refused.response.statusCode).toBe(503)
  }
  for (;;) {
    using client = await connectSse(site.url)
    if (client.response.statusCode === 200) break
    await later(5)
  }
})

test('closing the app ends the streams', async () => {
  await using site = await openFeed()
  using client = await connectSse(site.url)
  await client.next()
  await site.app.close()
  await expect(client.next()).resolves.toBeNull()
})

test('a fault of the records is outlived, and told once', async () => {
  const lines: string[] = []
  await using site = await openFeed({}, pino({ level: 'info' }, { write: (line) => lines.push(line) }))
  const told = () => lines.filter((line) => line.includes('"feed ')).map((line) => JSON.parse(line).msg)
  using client = await connectSse(site.url)
  await client.next()
  await site.records.db.schema.alterTable('change').renameTo('elsewhere').execute()
  while (told().length === 0) await later(5)
  await site.records.db.schema.alterTable('elsewhere').renameTo('change').execute()
  await recordChange(site.records.db, 'station', 's1', 1)
  await expect(client.next()).resolves.toMatchObject({ event: 'station' })
  while (told().length < 2) await later(5)
  expect(told()).toEqual(['feed cannot read the changes', 'feed reads the changes again'])
})

test('a HEAD of the feed holds no place', async () => {
  await using site = await openFeed()
  expect((await site.app.inject({ method: 'HEAD', url: '/api/feed' })).statusCode).toBe(404)
})
