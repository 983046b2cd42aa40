import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type NewEvent, putEvents, putGateway } from '#cloud/store'
import { NOON, openTestSite } from './site.fixture.ts'

describe('the API', () => {
  test('tells the site and its time, as they are at each request', async () => {
    const demo = { loops: true }
    await using site = await openTestSite({ site: { name: '文登', version: '1.2.3', zone: 'Asia/Shanghai', demo } })
    site.clock.set(NOON + 5)
    demo.loops = false
    expect(await site.get('/api/site')).toEqual({
      name: '文登',
      version: '1.2.3',
      zone: 'Asia/Shanghai',
      now: NOON + 5,
      speed: 1,
      demo: { loops: false },
    })
  })

  test('pages through events by id and filters by kind', async () => {
    await using site = await openTestSite()
    const event = (seq: number, kind: string, device: string | null): NewEvent => {
      return { gateway: 'g1', epoch: 'e', lane: 'event', seq, kind, at: NOON, device, body: '{"a":[1,"x"]}', received: NOON + 1 }
    }
    await putEvents(site.records.db, [
      event(1, 'device.online', 'd1'),
      event(2, 'gateway.started', null),
      event(3, 'device.online', 'd2'),
    ])
    const first = {
      id: 1,
      gateway: 'g1',
      lane: 'event',
      seq: 1,
      kind: 'device.online',
      at: NOON,
      device: 'd1',
      body: { a: [1, 'x'] },
      received: NOON + 1,
    }
    expect(await site.get('/api/events?limit=1')).toEqual([first])
    expect(await site.get('/api/events?after=1&kind=device.online')).toMatchObject([{ id: 3, device: 'd2' }])
    expect((await site.get('/api/events?after=1&limit=1')) as object[]).toEqual([
      expect.not.objectContaining({ device: expect.anything() }),
    ])
  })

  test('shows gateways with their lanes', async () => {
    await using site = await openTestSite()
    const clock = { now: NOON, speed: 1, trusted: true }
    const lanes = { event: { issued: 5, oldest: 4, received: 4 }, reading: { issued: 9, oldest: 0 } }
    await putGateway(site.records.db, {
      id: 'g1',
      online: 1,
      epoch: 'e1',
      boot: 'b1',
      since: NOON,
      clock: JSON.stringify(clock),
      config: 'c1',
      lanes: JSON.stringify(lanes),
      updated: NOON,
    })
    expect(await site.get('/api/gateways')).toEqual([
      {
        id: 'g1',
        online: true,
        epoch: 'e1',
        boot: 'b1',
        since: NOON,
        clock,
        config: 'c1',
        doubt: null,
        lanes: { event: { issued: 5, received: 4 }, reading: { issued: 9, received: null } },
      },
    ])
  })

  test('gives the audit as it is made for the request', async () => {
    const lane = {
      gateway: 'g1',
      epoch: 'e',
      lane: 'reading',
      issued: 9,
      received: 6,
      missing: [
        [2, 3],
        [5, 5],
      ],
      refused: 0,
      declaredLost: 0,
      carried: 0,
      closed: null,
    } as const
    await using site = await openTestSite({ audit: async () => ({ ok: false, gateways: [lane] }) })
    expect(await site.get('/api/audit')).toEqual({ ok: false, gateways: [lane] })
  })

  test('is healthy while it can read the records', async () => {
    await using site = await openTestSite()
    await site.records.db.insertInto('reader').values({ name: 'series', cursor: 5, updated: 6 }).execute()
    expect(await site.get('/health')).toEqual({
      ok: true,
      now: NOON,
      change: null,
      feedClients: 0,
      readers: [{ name: 'series', cursor: 5, updated: 6 }],
    })
  })

  test('is not healthy when it cannot', async () => {
    await using site = await openTestSite()
    await site.records.db.schema.dropTable('reader').execute()
    expect(await site.get('/health', 503)).toMatchObject({ code: 'unavailable' })
    await site.records.db.schema.dropTable('station').execute()
    expect(await site.get('/api/stations', 500)).toEqual({ code: 'internal', message: expect.not.stringContaining('station') })
  })

  test.each([
    '/api/site',
    '/api/stations',
    '/api/stations/x',
    '/api/alerts',
    '/api/events',
    '/api/gateways',
    '/api/audit',
    '/api/dead-letters',
    '/api/feed',
    '/health',
  ])('%s refuses an unknown query key', async (path) => {
    await using site = await openTestSite()
    expect(await site.get(`${path}?colour=red`, 400)).toEqual({
      code: 'invalid',
      message: 'expected a known key in the query, got "colour"',
    })
  })

  test.each(['/api', '/api/', '/api/nothing', '/nothing', '/api/stations/a/b'])('%s is not found, in JSON', async (path) => {
    await using site = await openTestSite()
    expect(await site.get(path, 404)).toMatchObject({ code: 'not-found' })
  })

  test('refuses a malformed URL and what is no GET in the same form', async () => {
    await using site = await openTestSite()
    expect(await site.get('/api/%ZZ', 400)).toMatchObject({ code: 'invalid' })
    expect((await site.app.inject({ method: 'POST', url: '/api/stations', payload: {} })).json()).toMatchObject({
      code: 'not-found',
    })
  })

  test('documents every route, and only those', async () => {
    await using site = await openTestSite()
    const { paths } = (await site.get('/docs/json')) as { paths: object }
    expect(Object.keys(paths).sort()).toEqual(
      [
        '/api/alerts',
        '/api/alerts/{id}',
        '/api/audit',
        '/api/dead-letters',
        '/api/events',
        '/api/feed',
        '/api/gateways',
        '/api/rain',
        '/api/series',
        '/api/site',
        '/api/stations',
        '/api/stations/{id}',
        '/health',
      ].sort(),
    )
    const docs = await site.app.inject('/docs/')
    expect(docs.statusCode).toBe(200)
    expect(docs.headers['content-security-policy']).toContain("script-src 'self';")
  })
})

describe('the pages', () => {
  async function withPages(
    work: (
      get: (url: string, accept?: string) => Promise<{ statusCode: number; body: string; headers: object }>,
    ) => Promise<void>,
  ) {
    const webRoot = mkdtempSync(join(tmpdir(), 'pages-'))
    try {
      for (const folder of ['assets', '.vite']) mkdirSync(join(webRoot, folder))
      writeFileSync(join(webRoot, 'index.html'), '<!doctype html><title>Sluice</title>')
      writeFileSync(join(webRoot, 'assets', 'main-abc.js'), 'export {}')
      writeFileSync(join(webRoot, '.vite', 'manifest.json'), '{}')
      await using site = await openTestSite({ webRoot })
      await work((url, accept = '*/*') => site.app.inject({ url, headers: { accept } }))
    } finally {
      rmSync(webRoot, { recursive: true })
    }
  }

  test('are served with their cache times: the entry is asked for each time, a hashed file once', () =>
    withPages(async (get) => {
      expect(await get('/')).toMatchObject({
        statusCode: 200,
        body: expect.stringContaining('Sluice'),
        headers: { 'cache-control': 'no-cache' },
      })
      expect(await get('/index.html')).toMatchObject({ statusCode: 200 })
      expect(await get('/dead-letters')).toMatchObject({ statusCode: 200, headers: { 'cache-control': 'no-cache' } })
      expect(await get('/assets/main-abc.js')).toMatchObject({
        statusCode: 200,
        headers: {
          'cache-control': 'public, max-age=31536000, immutable',
          'content-type': expect.stringContaining('javascript'),
        },
      })
    }))

  test('show no hidden file and nothing outside their folder', () =>
    withPages(async (get) => {
      for (const path of [
        '/.vite/manifest.json',
        '/assets/',
        '/assets/other.js',
        '/../package.json',
        '/..%2fpackage.json',
        '/%2e%2e/package.json',
      ]) {
        expect({ path, status: (await get(path)).statusCode }).toMatchObject({ path, status: expect.toBeOneOf([403, 404]) })
      }
    }))

  test('answer a wrong link in words for a person, and in JSON for a program', () =>
    withPages(async (get) => {
      expect(await get('/no/such/page', 'text/html,*/*')).toMatchObject({
        statusCode: 404,
        body: expect.stringContaining('<title>Sluice'),
      })
      expect(await get('/no/such/page')).toMatchObject({ statusCode: 404, body: expect.stringContaining('"not-found"') })
      expect(await get('/api/nothing', 'text/html')).toMatchObject({
        statusCode: 404,
        body: expect.stringContaining('"not-found"'),
      })
    }))

  test('leave unknown API paths to the API', () =>
    withPages(async (get) => {
      expect(await get('/api/nothing')).toMatchObject({ statusCode: 404, body: expect.stringContaining('"not-found"') })
    }))

  test('and every other answer forbid foreign scripts, sniffing and frames', () =>
    withPages(async (get) => {
      for (const path of ['/', '/assets/main-abc.js', '/api/site', '/api/nothing', '/api/%ZZ', '/docs/']) {
        expect((await get(path)).headers).toMatchObject({
          'content-security-policy': expect.stringMatching(/^default-src 'self'; script-src 'self'; .*frame-ancestors 'none'$/),
          'x-content-type-options': 'nosniff',
          'x-frame-options': 'DENY',
        })
      }
    }))

  test('that are not built are told so', async () => {
    await using site = await openTestSite({ webRoot: join(tmpdir(), 'no-such-folder') })
    expect(await site.get('/', 503)).toMatchObject({ code: 'unavailable' })
  })
})
