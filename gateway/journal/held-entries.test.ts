import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Entry, JournalFile, type VersionedReading } from '#gateway/journal'
import type { JournalledReading, Lane, SiteEvent } from '#wire'
import { decodeBatch } from '#wire/decode'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-held-'))
  file = join(folder, 'journal.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

const open = () => new JournalFile({ file, gateway: 'g' })
const reading = (at: number, value: number | null, more: Partial<VersionedReading> = {}): VersionedReading => {
  return { device: 'd', point: 'p', hash: '00112233445566aa', at, value, quality: 'good', ...more }
}
const event = (id: string, at: number, mono?: number): SiteEvent => {
  return { id, kind: 'device.online', at, device: 'd', body: mono === undefined ? {} : { clock: { boot: 'b', mono } } }
}
const append = (journal: JournalFile, mono: number, readings: readonly VersionedReading[], more: Partial<Entry> = {}) =>
  journal.append({ readings, events: [], states: [], commit: { boot: 'b', journalled: mono, mono }, ...more })
const release = (journal: JournalFile, spans: readonly [number, number | null, number][], isOver = false, boot = 'b') =>
  journal.release({ boot, spans: spans.map(([fromMono, toMono, deltaMs]) => ({ fromMono, toMono, deltaMs })), isOver })
const rowsOf = (journal: JournalFile, lane: Lane) => {
  const batch = journal.next(lane, 0)
  return batch ? decodeBatch(batch.bytes).rows : []
}
const shown = (journal: JournalFile) =>
  (rowsOf(journal, 'reading') as JournalledReading[]).map(({ seq, at, n, quality, reason }) => [seq, at, n, quality, reason])

test('rows of a doubtful time wait without a number, alarms do not, and the true time is theirs when they go', () => {
  using journal = open()
  append(journal, 10, [reading(1000, 1)])
  append(journal, 20, [reading(50, 2), reading(60, 3, { quality: 'suspect', reason: 'step' })], {
    doubt: 'hold',
    events: [event('e', 55, 20), { ...event('a', 55, 20), kind: 'alarm' }],
  })
  expect([journal.lanes().reading.issued, journal.counters.held]).toEqual([1, 3])
  expect([rowsOf(journal, 'event'), rowsOf(journal, 'alarm')]).toMatchObject([
    [],
    [{ event: { id: 'a', body: { clock: { boot: 'b', mono: 20 } } } }],
  ])
  expect(release(journal, [[0, 9, 7]])).toMatchObject({ issued: 1, next: null })
  expect(journal.counters.held).toBe(3)
  expect(release(journal, [[15, null, 2000]])).toMatchObject({ issued: 1, next: null })
  expect(journal.counters.held).toBe(0)
  expect(rowsOf(journal, 'reading').slice(1)).toMatchObject([
    { seq: 2, at: 2050, quality: 'good', commit: { boot: 'b', journalled: 2020, mono: 20 } },
    { seq: 3, at: 2060, quality: 'suspect', reason: 'step' },
  ])
  expect(rowsOf(journal, 'event')).toEqual([{ seq: 1, event: event('e', 2055) }])
})

test('what was waited for in vain goes out flagged, and what another run of the process left at once', () => {
  {
    using journal = open()
    append(journal, 1, [reading(50, 2), reading(60, null, { quality: 'bad', reason: 'timeout' })], { doubt: 'hold' })
  }
  using journal = open()
  append(journal, 1, [reading(70, 2)], { doubt: 'hold', commit: { boot: 'c', journalled: 1, mono: 1 } })
  release(journal, [[0, null, 1000]], false, 'c')
  expect(shown(journal)).toEqual([
    [1, 50, 500_000, 'suspect', 'clock'],
    [2, 60, 500_000, 'bad', 'clock'],
    [3, 1070, 0, 'good', undefined],
  ])
  append(journal, 2, [reading(50, 2)], { doubt: 'hold', commit: { boot: 'c', journalled: 2, mono: 2 } })
  release(journal, [], true, 'c')
  expect(shown(journal)).toHaveLength(3)
  expect(journal.counters).toMatchObject({ held: 0, duplicates: 1 })
})

test('a flagged row never takes the place of a right one, whichever comes first, and moves nothing', () => {
  using journal = open()
  append(journal, 1, [reading(1000, 1)])
  append(journal, 2, [reading(90_000, 1), reading(1000, 5)], { doubt: 'flag' })
  append(journal, 3, [reading(1010, 1), reading(90_000, 7), reading(90_000, 1)])
  expect(shown(journal).map(([, at, n, quality, reason]) => [at, n, quality, reason])).toEqual([
    [1000, 0, 'good', undefined],
    [90_000, 500_000, 'suspect', 'clock'],
    [1000, 500_000, 'suspect', 'clock'],
    [1010, 0, 'good', undefined],
    [90_000, 0, 'good', undefined],
    [90_000, 1, 'suspect', 'conflict'],
  ])
})

test('the newest time is that of the newest commit whose time was known', () => {
  using journal = open()
  expect(journal.newest()).toBe(null)
  append(journal, 10, [reading(1, 1)])
  append(journal, 99_000, [reading(2, 1)], { doubt: 'flag' })
  append(journal, 98_000, [reading(3, 1)], { doubt: 'hold' })
  expect(journal.newest()).toBe(10)
})

test('an entry that the disk damaged while it waited is told, and the others go', () => {
  {
    using journal = open()
    for (const mono of [1, 2]) append(journal, mono, [reading(mono, 1), reading(mono + 10, 1)], { doubt: 'hold' })
  }
  const db = new Database(file)
  db.exec('UPDATE held SET body = replace(body, \'"value":1\', \'"value":3\') WHERE mono = 1')
  db.close()
  using journal = open()
  release(journal, [[0, null, 0]])
  expect(shown(journal)).toHaveLength(2)
  expect(journal.counters).toMatchObject({ damaged: 2, held: 0 })
  expect(rowsOf(journal, 'event')).toMatchObject([
    { event: { kind: 'journal.damaged', body: { what: expect.stringContaining('2 rows') } } },
  ])
})
