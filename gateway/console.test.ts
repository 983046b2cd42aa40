import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { wallClock } from '#devices'
import { WireTap } from '#drivers'
import { buildConsole } from './console.ts'
import type { GatewayStatus } from './gateway-status.ts'

const lane = { issued: 5, oldest: 4, waiting: 2 }
const room = { bytes: 4096, bytesMax: 1024 * 1024, hours: 2, hoursMax: 720 }
const STATUS: GatewayStatus = {
  gateway: 'g-1',
  version: '1.2.3',
  epoch: '0123456789abcdef',
  boot: 'b',
  now: 1000,
  clock: { isTrusted: true, deltaMs: 0 },
  uplink: {
    isConnected: false,
    since: 0,
    error: 'away',
    bytesUnderWay: 0,
    windowBytes: 4096,
    bytesPerSecond: 0,
    batchBytesMax: 65536,
    batchesSent: 0,
    rowsSent: 0,
    bytesSent: { fresh: 0, backlog: 0 },
  },
  journal: {
    duplicates: 0,
    damaged: 0,
    diskErrors: 0,
    renewals: 0,
    held: 0,
    thinned: 0,
    pending: 0,
    isFailing: false,
    lanes: { alarm: lane, event: lane, reading: lane },
    room,
  },
  lines: {},
  devices: [],
}

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-console-'))
  writeFileSync(join(folder, 'journal.db'), '')
})
afterEach(() => rmSync(folder, { recursive: true }))

const bus = { tap: () => new WireTap() }

function consoleOf(journal: Partial<GatewayStatus['journal']> = {}) {
  const status = () => ({ ...STATUS, journal: { ...STATUS.journal, ...journal } })
  return buildConsole({
    status,
    journalFile: join(folder, 'journal.db'),
    upSeconds: () => 10,
    bus,
    lines: [],
    clock: wallClock(),
  })
}

test('tells its status as it is', async () => {
  await using app = consoleOf()
  const answer = await app.inject('/status')
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toEqual(STATUS)
})

test('is healthy without a broker, and not without a journal', async () => {
  await using well = consoleOf()
  expect(await well.inject('/health')).toMatchObject({ statusCode: 200, body: '{"ok":true}' })
  await using ill = consoleOf({ isFailing: true })
  expect(await ill.inject('/health')).toMatchObject({ statusCode: 503, body: '{"ok":false}' })
})

test('answers for a page that is not there with what there is, and takes no other method', async () => {
  await using app = consoleOf()
  const answer = await app.inject('/settings')
  expect(answer.statusCode).toBe(404)
  expect(answer.json()).toMatchObject({ code: 'not-found', message: expect.stringContaining('got /settings') })
  expect((await app.inject({ method: 'POST', url: '/status', payload: {} })).statusCode).toBe(404)
})

test('a caller that never ends its request does not hold up the stop', async () => {
  const app = consoleOf()
  await app.listen({ host: '127.0.0.1', port: 0 })
  const accepted = once(app.server, 'connection') as Promise<[Socket]>
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  const cut = new Promise((resolve) => socket.on('close', resolve))
  socket.on('error', () => {})
  socket.write('GET /status HTTP/1.1\r\nHost: x\r\nX-Half: ')
  const [peer] = await accepted
  await vi.waitFor(() => expect(peer.bytesRead).toBeGreaterThan(0))
  await app.close()
  await cut
})
