import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { audit, Inbox } from '#cloud/ingest'
import { JournalFile, type OutboxLimits, type VersionedReading } from '#gateway/journal'
import { type AlarmBody, type DeviceDescribed, LANES, type LossRecord, type SiteEvent } from '#wire'
import { decodeBatch } from '#wire/decode'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-bound-'))
  file = join(folder, 'journal.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

const HASH = '00112233445566aa'
const HOUR_MS = 3_600_000
const NOW = Date.UTC(2026, 6, 1)
const DEVICES = ['A', 'B', 'C']
const SMALL: OutboxLimits = { bytesMax: 1024 * 1024, hoursMax: 720 }

const described: DeviceDescribed = {
  name: { zh: 'a', en: 'a' },
  station: { id: 's', name: { zh: 's', en: 's' } },
  profile: 'gauge/own-1',
  hash: HASH,
  points: {
    level: { unit: 'm', decimals: 2, meaning: 'gauge', everyMs: 1000 },
    rain: { unit: 'mm', decimals: 1, meaning: 'counter', everyMs: 1000 },
  },
}
const describe = (device: string): SiteEvent => ({
  id: `d-${device}`,
  kind: 'device.described',
  at: NOW,
  device,
  body: { ...described },
})
const alarm = (id: number): SiteEvent => {
  const body: AlarmBody = { rule: 'r', version: 'v', grade: 'red', value: id, evidence: {} }
  return { id: `a-${id}`, kind: 'alarm', at: NOW, device: 'A', body: { ...body } }
}

/** One round: each device's level, and its rain that tips at each 37th. */
function round(index: number): VersionedReading[] {
  return DEVICES.flatMap((device) => [
    { device, point: 'level', hash: HASH, at: NOW + index * 1000, value: 300 + ((index * 7919) % 97), quality: 'good' as const },
    { device, point: 'rain', hash: HASH, at: NOW + index * 1000, value: Math.floor(index / 37), quality: 'good' as const },
  ])
}

/** Commits of fifty rounds each; every hundredth round brings an alarm. */
function fill(journal: JournalFile, from: number, to: number, stepMs = 100): void {
  for (let start = from; start < to; start += 50) {
    const rounds = Array.from({ length: 50 }, (_, index) => start + index)
    journal.append({
      readings: rounds.flatMap(round),
      events: rounds.filter((index) => index % 100 === 0).map(alarm),
      states: [],
      commit: { boot: 'b', journalled: NOW + start * 1000, mono: start * stepMs },
    })
  }
}

/** Sends everything into a real inbox, with losses as its event rows tell them. */
function drain(journal: JournalFile, inbox: Inbox): { losses: LossRecord[]; alarms: number; readings: Map<string, number[]> } {
  const drained = { losses: [] as LossRecord[], alarms: 0, readings: new Map<string, number[]>() }
  for (const lane of LANES) {
    for (let batch = journal.next(lane, 0); batch; batch = journal.next(lane, 0)) {
      const content = decodeBatch(batch.bytes)
      if (content.lane === 'reading')
        for (const { device, point, value } of content.rows) {
          const key = `${device} ${point}`
          const values = drained.readings.get(key) ?? []
          drained.readings.set(key, values)
          values.push(Number(value))
        }
      else
        for (const { event } of content.rows) {
          if (event.kind === 'loss') drained.losses.push(event.body as unknown as LossRecord)
          if (event.kind === 'alarm') drained.alarms += 1
        }
      for (const { ack } of inbox.take([{ gateway: 'g', bytes: batch.bytes, received: NOW }], 0)) journal.settle(ack)
    }
  }
  inbox.hear('g', { epoch: journal.epoch, lanes: journal.lanes() })
  return drained
}

/** Issued = received + declared lost, to the row. */
function account(inbox: Inbox, losses: readonly LossRecord[]) {
  const report = audit({ lanes: inbox.lanes(), losses: losses.map((loss) => ({ ...loss, gateway: 'g' })) })
  expect(report.ok).toBe(true)
  for (const { issued, received, refused, declaredLost } of report.gateways)
    expect(received + refused + declaredLost).toBe(issued)
  return report
}

test('a full outbox is thinned: it stays below its bound, every step of a counter and every alarm arrives, each row is accounted for', () => {
  const ROUNDS = 10_000
  using journal = new JournalFile({ file, gateway: 'g', limits: SMALL })
  journal.append({ readings: [], events: DEVICES.map(describe), states: [], commit: { boot: 'b', journalled: NOW, mono: 0 } })
  fill(journal, 0, ROUNDS)
  expect(journal.room().bytes).toBeLessThan(SMALL.bytesMax * 1.1)
  expect(journal.counters.thinned).toBeGreaterThan(ROUNDS)
  using inbox = new Inbox(join(folder, 'inbox.db'))
  const { losses, alarms, readings } = drain(journal, inbox)
  const report = account(inbox, losses)
  expect(report.gateways.find(({ lane }) => lane === 'reading')).toMatchObject({
    issued: ROUNDS * DEVICES.length * 2,
    declaredLost: journal.counters.thinned,
  })
  expect(alarms).toBe(ROUNDS / 100)
  expect(new Set(readings.get('A rain'))).toEqual(new Set(Array.from({ length: Math.ceil(ROUNDS / 37) }, (_, step) => step)))
  for (const loss of losses) {
    expect(loss).toMatchObject({ epoch: journal.epoch, lane: 'reading', why: 'thinned' })
    expect(Object.keys(loss.devices ?? {})).toEqual(DEVICES)
    expect(Object.values(loss.devices ?? {}).reduce((sum, count) => sum + count, 0)).toBe(loss.count)
    expect(loss.seqs.length).toBeLessThanOrEqual(200)
    expect(loss.to).toBeGreaterThanOrEqual(loss.from ?? Number.POSITIVE_INFINITY)
  }
})

test('an outbox that stays full is thinned again, and in the end loses its oldest blocks, and says so', () => {
  using journal = new JournalFile({ file, gateway: 'g', limits: { bytesMax: 300_000, hoursMax: 720 } })
  fill(journal, 0, 15_000)
  expect(journal.room().bytes).toBeLessThan(600_000)
  using inbox = new Inbox(join(folder, 'inbox.db'))
  const { losses, alarms } = drain(journal, inbox)
  account(inbox, losses)
  expect(alarms).toBe(150)
  expect(new Set(losses.map(({ why }) => why))).toEqual(new Set(['thinned', 'dropped']))
})

test('what was sealed is sent as it was sealed, however full the outbox is, also after a restart', () => {
  let sealed: Uint8Array | undefined
  let middle: Uint8Array | undefined
  {
    using journal = new JournalFile({ file, gateway: 'g', limits: SMALL })
    fill(journal, 0, 2000)
    sealed = journal.next('reading', 0)?.bytes
    middle = journal.next('reading', 6000, undefined, 200)?.bytes
    fill(journal, 2000, 12_000)
    expect(journal.counters.thinned).toBeGreaterThan(0)
  }
  using journal = new JournalFile({ file, gateway: 'g', limits: SMALL })
  fill(journal, 12_000, 14_000)
  expect(journal.next('reading', 0)?.bytes).toEqual(sealed)
  expect(journal.next('reading', 6000)?.bytes).toEqual(middle)
  using inbox = new Inbox(join(folder, 'inbox.db'))
  account(inbox, drain(journal, inbox).losses)
})

test('rows that wait longer than their hours are thinned, and given up after three times as long', () => {
  using journal = new JournalFile({ file, gateway: 'g', limits: { bytesMax: SMALL.bytesMax * 100, hoursMax: 1 } })
  // Fifty rounds in each 3 minutes: twenty commits an hour.
  fill(journal, 0, 900, 3600)
  expect([journal.counters.thinned, journal.room().hours]).toEqual([0, expect.closeTo(0.85, 2)])
  fill(journal, 900, 1500, 3600)
  expect(journal.counters.thinned).toBeGreaterThan(0)
  fill(journal, 1500, 6000, 3600)
  expect(journal.room().hours).toBeGreaterThan(2.8)
  expect(journal.room().hours).toBeLessThan(3.1)
  using inbox = new Inbox(join(folder, 'inbox.db'))
  account(inbox, drain(journal, inbox).losses)
})

test('a clock that jumps by years makes nothing old', () => {
  using journal = new JournalFile({ file, gateway: 'g', limits: { bytesMax: SMALL.bytesMax * 100, hoursMax: 1 } })
  fill(journal, 0, 1000)
  const commit = { boot: 'b', journalled: NOW + 20 * 8766 * HOUR_MS, mono: 100_001 }
  for (let mono = 0; mono < 5; mono++) journal.append({ readings: round(2000 + mono), events: [], states: [], commit })
  expect(journal.counters.thinned).toBe(0)
})

test('the smallest step of work is a block: no commit gives up more rows', () => {
  using journal = new JournalFile({ file, gateway: 'g', limits: SMALL })
  let before = 0
  for (let start = 0; start < 10_000; start += 50) {
    fill(journal, start, start + 50)
    const { thinned } = journal.counters
    // A row that stayed for now may go with a later block.
    expect(thinned - before).toBeLessThanOrEqual(5000 * 1.1)
    before = thinned
  }
})

/** A disk of its own, so small that it can be filled; null where this user may not mount one. */
function mountSmallDisk(data: string): (Disposable & { fill(leave?: number): void }) | null {
  mkdirSync(data)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'sluice-test', data]).status !== 0) return null
  return {
    fill(leave = 0) {
      const ballast = join(data, 'ballast')
      const handle = openSync(ballast, 'w')
      for (let size = 1 << 20; size >= 512; ) {
        try {
          if (writeSync(handle, Buffer.alloc(size)) < size) size >>= 1
        } catch {
          size >>= 1
        }
      }
      closeSync(handle)
      if (leave > 0) spawnSync('truncate', ['-s', `-${leave}`, ballast])
    },
    [Symbol.dispose]: () => void spawnSync('umount', ['-l', data]),
  }
}

test('on a full disk readings are given up for room, and every alarm enters', (context) => {
  const data = join(folder, 'data')
  using disk = mountSmallDisk(data)
  if (disk === null) return context.skip()
  using inbox = new Inbox(join(folder, 'inbox.db'))
  const small = join(data, 'journal.db')
  {
    using journal = new JournalFile({ file: small, gateway: 'g' })
    fill(journal, 0, 3000)
    disk.fill()
    fill(journal, 3000, 15_000)
    expect(journal.counters.thinned).toBeGreaterThan(0)
  }
  // A start on the full disk works, too.
  using journal = new JournalFile({ file: small, gateway: 'g' })
  fill(journal, 15_000, 20_000)
  const { losses, alarms } = drain(journal, inbox)
  expect(alarms).toBe(200)
  const { gateways } = account(inbox, losses)
  expect(gateways.find(({ lane }) => lane === 'reading')?.issued).toBe(20_000 * 6)
})
