import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { manualClock } from '#devices'
import { Journal, JournalFile, type VersionedReading } from '#gateway/journal'
import { LANES, type Lane, type SiteEvent } from '#wire'
import { decodeBatch } from '#wire/decode'
import { isWholeReading, readingSum } from './outbox-rows.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-journal-'))
  file = join(folder, 'journal.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

const HASH = '00112233445566aa'
const commit = { boot: 'b', journalled: 1, mono: 1 }
const reading = (at: number, value: VersionedReading['value'] = at): VersionedReading => ({
  device: 'd',
  point: 'p',
  hash: HASH,
  at,
  value,
  quality: 'good',
})
const event = (id: string, kind: SiteEvent['kind'] = 'device.online'): SiteEvent => ({
  id,
  kind,
  at: 5,
  device: 'd',
  body: { a: 1 },
})
const append = (journal: JournalFile, readings: VersionedReading[], events: SiteEvent[] = []) =>
  journal.append({ readings, events, states: [], commit })
const rowsOf = (journal: JournalFile, lane: Lane, after = 0) => {
  const batch = journal.next(lane, after)
  return batch ? decodeBatch(batch.bytes).rows : []
}
const ack = (journal: JournalFile, lane: Lane, first: number, last: number) =>
  journal.settle({ epoch: journal.epoch, lane, ranges: [[first, last]], refused: [] })

test('rows come back in the order they were journalled, with seqs from 1 in each lane', () => {
  using journal = new JournalFile({ file, gateway: 'g' })
  append(journal, [reading(1), reading(2, null), reading(3, true), reading(4, 'text')], [event('e1'), event('a1', 'alarm')])
  expect(rowsOf(journal, 'reading').map((row) => 'value' in row && [row.seq, row.at, row.value])).toEqual([
    [1, 1, 1],
    [2, 2, null],
    [3, 3, true],
    [4, 4, 'text'],
  ])
  expect(rowsOf(journal, 'event')).toEqual([{ seq: 1, event: event('e1') }])
  expect(rowsOf(journal, 'alarm')).toEqual([{ seq: 1, event: event('a1', 'alarm') }])
})

test('the same value for the same instant is one row; another value is a row of its own and suspect', () => {
  using journal = new JournalFile({ file, gateway: 'g' })
  append(journal, [
    reading(10, 1),
    reading(10, 1),
    reading(10, 2),
    reading(10, 1),
    reading(20, 5),
    reading(10, 2),
    reading(10, 3),
    reading(10, 3),
  ])
  expect(rowsOf(journal, 'reading').map((row) => 'value' in row && [row.at, row.value, row.n, row.quality, row.reason])).toEqual([
    [10, 1, 0, 'good', undefined],
    [10, 2, 1, 'suspect', 'conflict'],
    [20, 5, 0, 'good', undefined],
    [10, 3, 2, 'suspect', 'conflict'],
  ])
  expect(journal.counters.duplicates).toBe(4)
})

test('a batch sent again is the same bytes, also after a restart and with newer rows behind it', () => {
  let bytes: Uint8Array | undefined
  {
    using journal = new JournalFile({ file, gateway: 'g' })
    append(journal, [reading(1), reading(2)])
    bytes = journal.next('reading', 0)?.bytes
  }
  using journal = new JournalFile({ file, gateway: 'g' })
  append(journal, [reading(3)])
  expect(journal.next('reading', 0)?.bytes).toEqual(bytes)
  expect(rowsOf(journal, 'reading', 2).map(({ seq }) => seq)).toEqual([3])
})

test('an acknowledgement frees its rows and no others, and seqs are never given again', () => {
  {
    using journal = new JournalFile({ file, gateway: 'g' })
    append(journal, [reading(1), reading(2), reading(3)], [event('e1')])
    ack(journal, 'reading', 1, 2)
    journal.settle({ epoch: 'ffffffffffffffff', lane: 'reading', ranges: [[3, 3]], refused: [] })
    expect(journal.lanes().reading).toEqual({ issued: 3, oldest: 3, waiting: 1 })
    ack(journal, 'reading', 3, Number.MAX_SAFE_INTEGER)
  }
  using journal = new JournalFile({ file, gateway: 'g' })
  expect(journal.lanes()).toEqual({
    alarm: { issued: 0, oldest: 0, waiting: 0 },
    event: { issued: 1, oldest: 1, waiting: 1 },
    reading: { issued: 3, oldest: 0, waiting: 0 },
  })
  append(journal, [reading(4)])
  expect(rowsOf(journal, 'reading').map(({ seq }) => seq)).toEqual([4])
})

test('a refused row is set aside with the reason and the others move on', () => {
  using journal = new JournalFile({ file, gateway: 'g' })
  append(journal, [reading(1), reading(2), reading(3)])
  journal.settle({ epoch: journal.epoch, lane: 'reading', ranges: [[1, 1]], refused: [[2, 2, 'range']] })
  expect(rowsOf(journal, 'reading').map(({ seq }) => seq)).toEqual([3])
  using peek = openPeek()
  expect(peek.db.prepare('SELECT lane, seq, why FROM aside').all()).toEqual([{ lane: 'reading', seq: 2, why: 'range' }])
})

test.each([
  ['value = 99'],

  ["at = x'0000'"],
  ["value = x'00'"],
  ['series = 99'],
  ['"commit" = 99'],
  ['quality = 1'],
])('damage to a row, as %s, is found: the row is set aside and declared lost, the others go', (damage) => {
  {
    using journal = new JournalFile({ file, gateway: 'g' })
    append(journal, [reading(1), reading(2), reading(3)])
  }
  {
    using peek = openPeek()
    peek.db.prepare(`UPDATE reading SET ${damage} WHERE seq = 2`).run()
  }
  using journal = new JournalFile({ file, gateway: 'g' })
  expect(rowsOf(journal, 'reading').map(({ seq }) => seq)).toEqual([1, 3])
  expect(rowsOf(journal, 'event').map((row) => 'event' in row && row.event)).toMatchObject([
    { kind: 'loss', body: { lane: 'reading', seqs: [[2, 2]], count: 1, why: 'checksum' } },
  ])
  using peek = openPeek()
  expect(peek.db.prepare('SELECT seq, why FROM aside').all()).toEqual([{ seq: 2, why: 'checksum' }])
})

test('a damaged row at the front of the outbox takes no whole row with it', () => {
  using journal = new JournalFile({ file, gateway: 'g' })
  for (const at of [1, 2, 3, 4]) append(journal, [reading(at)])
  {
    using peek = openPeek()
    peek.db.prepare('UPDATE reading SET "commit" = 99 WHERE seq = 2').run()
  }
  ack(journal, 'reading', 1, 1)
  expect(rowsOf(journal, 'reading').map(({ seq }) => seq)).toEqual([3, 4])
})

test('the same fact told twice is one fact', () => {
  using journal = new JournalFile({ file, gateway: 'g' })
  append(journal, [], [event('e1'), event('e1')])
  expect(journal.lanes().event.issued).toBe(1)
  expect(rowsOf(journal, 'event')).toEqual([{ seq: 1, event: event('e1') }])
})

test('more rows than fit go out as batches that each fit one message', () => {
  using journal = new JournalFile({ file, gateway: 'g' })
  const noise = Array.from({ length: 800 }, (_, index) =>
    reading(
      index,
      Array.from({ length: 60 }, (_, k) => Math.sin(index * 61 + k).toString(36))
        .join('')
        .slice(0, 400),
    ),
  )
  append(journal, noise)
  let after = 0
  const seqs: number[] = []
  for (let batch = journal.next('reading', 0); batch; batch = journal.next('reading', after)) {
    expect(batch.bytes.length).toBeLessThanOrEqual(64 * 1024)
    for (const { seq } of decodeBatch(batch.bytes).rows) seqs.push(seq)
    after = batch.last
  }
  expect(seqs).toEqual(Array.from({ length: 800 }, (_, index) => index + 1))
})

test('a state is kept with the rows that led to it and found again', () => {
  {
    using journal = new JournalFile({ file, gateway: 'g' })
    const keep = (body: string) =>
      journal.append({
        readings: [],
        events: [],
        states: [
          ['rule a', body],
          ['other', 'x'],
        ],
        commit,
      })
    keep('1')
    keep('2')
  }
  using journal = new JournalFile({ file, gateway: 'g' })
  expect(journal.states('rule ')).toEqual([['rule a', '2']])
})

test('a damaged state is told and not used; a damaged name of a series or a commit is no other', () => {
  {
    using journal = new JournalFile({ file, gateway: 'g' })
    journal.append({
      readings: [reading(1)],
      events: [],
      states: [
        ['rule a', '1'],
        ['rule b', '2'],
      ],
      commit,
    })
    append(journal, [{ ...reading(2), device: 'e' }, reading(3)])
    append(journal, [reading(4)])
  }
  {
    using peek = openPeek()
    peek.db.exec(`UPDATE state SET body = '9' WHERE key = 'rule a'; UPDATE series SET device = 'x' WHERE device = 'e';
      UPDATE "commit" SET journalled = 7 WHERE id = 3`)
  }
  using journal = new JournalFile({ file, gateway: 'g' })
  expect(journal.states('rule ')).toEqual([['rule b', '2']])
  expect(journal.states('rule ')).toEqual([['rule b', '2']])
  expect(rowsOf(journal, 'reading').map(({ seq }) => seq)).toEqual([1, 3])
  expect(rowsOf(journal, 'event').map((row) => 'event' in row && row.event)).toMatchObject([
    { kind: 'journal.damaged', body: { what: expect.stringContaining('1 states under "rule "') } },
    {
      kind: 'loss',
      body: {
        seqs: [
          [2, 2],
          [4, 4],
        ],
        count: 2,
      },
    },
  ])
})

test('one process writes a journal, and for one gateway only', () => {
  {
    using _ = new JournalFile({ file, gateway: 'g' })
    expect(() => new JournalFile({ file, gateway: 'g' })).toThrow(
      expect.objectContaining({ code: 'busy', message: expect.stringContaining(file) }),
    )
  }
  const foreign = {
    code: 'foreign',
    message: `expected the journal of gateway h at ${file}, got that of g: give each its own data folder`,
  }
  expect(() => new JournalFile({ file, gateway: 'h' })).toThrow(expect.objectContaining(foreign))
  new JournalFile({ file, gateway: 'g' })[Symbol.dispose]()
})

test('a folder that is not there is named', () => {
  const nowhere = join(folder, 'nowhere/journal.db')
  const named = { code: 'unreadable', message: expect.stringContaining(`expected a journal at ${nowhere}, got "`) }
  expect(() => new JournalFile({ file: nowhere, gateway: 'g' })).toThrow(expect.objectContaining(named))
})

test('a newer file is refused by name', () => {
  new JournalFile({ file, gateway: 'g' })[Symbol.dispose]()
  using peek = openPeek()
  peek.db.pragma('user_version = 99')
  expect(() => new JournalFile({ file, gateway: 'g' })).toThrow(
    expect.objectContaining({ code: 'version', message: expect.stringContaining('99') }),
  )
})

test('through its thread: readings share a commit with the event that they led to, and flush waits for it', async () => {
  const clock = manualClock(1000)
  {
    await using journal = await Journal.open({ file, gateway: 'g', clock, log: pino({ enabled: false }) })
    let commits = 0
    using _ = journal.onCommit(() => commits++)
    await journal.add([reading(1)])
    await journal.add([reading(2)])
    await journal.add([], [], [event('e1')])
    await journal.flush()
    expect(commits).toBe(1)
    expect(LANES.map((lane) => journal.lanes[lane].issued)).toEqual([0, 1, 2])
    await journal.add([reading(3)])
  }
  using journal = new JournalFile({ file, gateway: 'g' })
  expect(journal.lanes().reading.issued).toBe(3)
})

test('through its thread: more readings than share a commit are one commit with their event and their state', async () => {
  await using journal = await Journal.open({ file, gateway: 'g', clock: manualClock(0), log: pino({ enabled: false }) })
  let commits = 0
  using _ = journal.onCommit(() => commits++)
  const rows = Array.from({ length: 700 }, (_, at) => reading(at))
  await journal.add(rows, [['rule a', '1']], [event('a1', 'alarm')])
  await journal.flush()
  expect(commits).toBe(1)
  expect(LANES.map((lane) => journal.lanes[lane].issued)).toEqual([1, 0, 700])
  expect(await journal.states('rule ')).toEqual([['rule a', '1']])
})

test('through its thread: what opening throws keeps its code, and a closed journal takes nothing more', async () => {
  const open = () => Journal.open({ file, gateway: 'g', clock: manualClock(0), log: pino({ enabled: false }) })
  const journal = await open()
  await expect(open()).rejects.toMatchObject({ code: 'busy' })
  expect(journal.ended.aborted).toBe(false)
  await journal[Symbol.asyncDispose]()
  await expect(journal.add([reading(1)])).rejects.toMatchObject({ code: 'closed' })
  await (await open())[Symbol.asyncDispose]()
})

function openPeek(): Disposable & { db: Database.Database } {
  const db = new Database(file)
  return { db, [Symbol.dispose]: () => void db.close() }
}

test('a number that a flipped bit made into nothing or into a text is damaged, though it counts the same', () => {
  const row = { seq: 1, series: 1, at: 5, n: 0, value: 5, quality: 0, reason: 0, commit: 1 }
  const whole = { ...row, sum: readingSum(row) }
  expect(isWholeReading(whole)).toBe(true)
  expect(isWholeReading({ ...whole, n: null as unknown as number })).toBe(false)
  expect(isWholeReading({ ...whole, at: '5' as unknown as number })).toBe(false)
})
