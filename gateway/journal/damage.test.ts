import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Disk, JournalFile, realDisk, type VersionedReading } from '#gateway/journal'
import type { Lane, SiteEvent } from '#wire'
import { decodeBatch } from '#wire/decode'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-journal-'))
  file = join(folder, 'journal.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

const NOW = Date.UTC(2026, 6, 1)
const reading = (at: number, value = at): VersionedReading => ({
  device: 'd',
  point: 'p',
  hash: '00112233445566aa',
  at,
  value,
  quality: 'good',
})
const event = (id: string): SiteEvent => ({ id, kind: 'device.online', at: 5, device: 'd', body: {} })
const readings = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => reading(first + index))
const append = (journal: JournalFile, rows: VersionedReading[], events: SiteEvent[] = [], mono = 0) =>
  journal.append({ readings: rows, events, states: [['rule a', '1']], commit: { boot: 'b', journalled: NOW, mono } })
const open = (disk: Disk = realDisk) => new JournalFile({ file, gateway: 'g', now: NOW, disk })
const ack = (journal: JournalFile, lane: Lane, first: number, last: number) =>
  journal.settle({ epoch: journal.epoch, lane, ranges: [[first, last]], refused: [] })

function waiting(journal: JournalFile) {
  const all = (lane: Lane) => {
    const rows: ReturnType<typeof decodeBatch>['rows'][number][] = []
    for (let batch = journal.next(lane, 0); batch; batch = journal.next(lane, batch.last)) {
      const { epoch, rows: some } = decodeBatch(batch.bytes)
      expect(epoch).toBe(journal.epoch)
      rows.push(...some)
    }
    return rows
  }
  const rows = all('reading')
  return {
    seqs: rows.map(({ seq }) => seq),
    ats: rows.flatMap((row) => ('at' in row ? [row.at] : [])),
    events: all('event').flatMap((row) => ('event' in row ? [{ seq: row.seq, ...row.event }] : [])),
  }
}

/** A journal of 2000 readings in many pages, of which the first 500 are acknowledged, and its mark. */
function fillJournal(): string {
  using journal = open()
  for (let first = 1; first <= 2000; first += 100) append(journal, readings(first, first + 99), [event(`e${first}`)], first * 100)
  ack(journal, 'reading', 1, 500)
  ack(journal, 'event', 1, 20)
  return journal.epoch
}
const overwrite = (path: string, offset: number, bytes: Uint8Array) => {
  const handle = openSync(path, 'r+')
  writeSync(handle, bytes, 0, bytes.length, offset)
  closeSync(handle)
}
const asides = () => readdirSync(folder).filter((name) => name.includes('.damaged-') && !/-(wal|shm)$/.test(name))
const seqsFrom1 = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

const DAMAGES: [string, () => void, number][] = [
  ['it is no database', () => writeFileSync(file, 'no database at all'.repeat(100)), 0],
  ['its last third is cut off', () => truncateSync(file, Math.floor(statSync(file).size / 6144) * 4096), 1],
  ['it is cut to a page', () => truncateSync(file, 4096), 0],
  ['its header is zero', () => overwrite(file, 0, new Uint8Array(4096)), 0],
  ['a page of its rows is noise', () => overwrite(file, rootsOf('reading') + 4096 * 3, new Uint8Array(4096).fill(0x5a)), 1],
  ['its epoch is gone', () => change("DELETE FROM meta WHERE key = 'epoch'"), 1500],
  ["a lane's number is another", () => change("UPDATE lane SET issued = 9000000 WHERE lane = 'reading'"), 1500],
  ['most of its newest rows are damaged', () => change('UPDATE reading SET value = value + 1 WHERE seq > 1000'), 500],
  ['its version is a flipped bit', () => change('PRAGMA user_version = 16386'), 1500],
]
function change(sql: string) {
  const db = new Database(file)
  db.exec(sql)
  db.close()
}
function rootsOf(table: string): number {
  const db = new Database(file)
  const { page } = db.prepare('SELECT MIN(pageno) AS page FROM dbstat WHERE name = ?').get(table) as { page: number }
  db.close()
  return (page - 1) * 4096
}

test.each(DAMAGES)('a journal of which %s is set aside; a new one goes on with what can be read', (_, damage, least) => {
  const before = fillJournal()
  damage()
  const bytes = readFileSync(file)
  using journal = open()
  expect(journal.epoch).not.toBe(before)
  expect(asides()).toEqual(['journal.db.damaged-20260701T000000Z'])
  expect(readFileSync(join(folder, asides()[0] ?? '')).equals(bytes)).toBe(true)
  expect(existsSync(`${file}.new`)).toBe(false)
  const { seqs, ats, events } = waiting(journal)
  expect(seqs).toEqual(seqsFrom1(seqs.length))
  expect(seqs.length).toBeGreaterThanOrEqual(least)
  // Only what waited, and each once.
  expect(ats.every((at) => at > 500)).toBe(true)
  expect(new Set(ats).size).toBe(ats.length)
  const issued = { alarm: 0, event: 20, reading: expect.any(Number) }
  expect(events.slice(0, 2)).toMatchObject([
    { seq: 1, kind: 'journal.renewed', body: { previous: before, why: expect.stringContaining('damaged'), issued } },
    { seq: 2, kind: 'journal.damaged', body: { what: expect.any(String), aside: join(folder, asides()[0] ?? '') } },
  ])
  append(journal, [reading(9999)])
  expect(waiting(journal).ats.at(-1)).toBe(9999)
  expect(journal.counters.renewals).toBe(1)
})

test('a journal that was damaged twice at one instant overwrites nothing that was set aside', () => {
  for (const _ of [1, 2]) {
    writeFileSync(file, 'none')
    open()[Symbol.dispose]()
  }
  expect(asides()).toEqual(['journal.db.damaged-20260701T000000Z', 'journal.db.damaged-20260701T000000Z-2'])
})

test.each([0, 1])(
  'a power cut while a damaged journal is replaced leaves the old or the new one (%s renames done)',
  (renames) => {
    fillJournal()
    change("DELETE FROM meta WHERE key = 'epoch'")
    let done = 0
    const cut: Disk = {
      ...realDisk,
      setAside(from, to) {
        if (done++ >= renames) throw new Error('the power went')
        realDisk.setAside(from, to)
      },
    }
    expect(() => open(cut)).toThrow('the power went')
    using journal = open()
    expect(waiting(journal).ats).toEqual(seqsFrom1(1500).map((at) => at + 500))
    expect(waiting(journal).events.filter(({ kind }) => kind === 'journal.renewed')).toHaveLength(1)
  },
)

test('after a flipped bit in the log, which SQLite takes for its end, no number is given again', () => {
  const before = join(folder, 'before')
  const copies = ['', '-wal'].map((end) => [file + end, join(folder, `copy.db${end}`)] as const)
  {
    using journal = open()
    for (let first = 1; first <= 1000; first += 100) append(journal, readings(first, first + 99), [], first * 100)
    // As a power cut leaves them: the log is not taken into the database.
    for (const [from, to] of copies) copyFileSync(from, to)
    copyFileSync(join(folder, 'journal.mark'), before)
  }
  for (const [from, to] of copies) copyFileSync(to, from)
  rmSync(`${file}-shm`, { force: true })
  copyFileSync(before, join(folder, 'journal.mark'))
  const epoch = JSON.parse(readFileSync(before, 'utf8').split('\n')[0] ?? '').epoch
  overwrite(`${file}-wal`, statSync(`${file}-wal`).size >> 1, new Uint8Array([0xff, 0, 0xff]))
  using journal = open()
  const { seqs, ats, events } = waiting(journal)
  expect(journal.epoch).not.toBe(epoch)
  expect(ats.length).toBeLessThan(1000)
  expect(seqs).toEqual(seqsFrom1(ats.length))
  expect(events).toMatchObject([
    {
      seq: 1,
      kind: 'journal.renewed',
      body: { previous: epoch, why: expect.stringContaining('the end of its log'), issued: { reading: 1000 } },
    },
  ])
})

test('an older copy that was put in its place gives out no number again', () => {
  const epoch = fillJournal()
  copyFileSync(file, join(folder, 'copy.db'))
  {
    using journal = open()
    append(journal, readings(2001, 2100))
    ack(journal, 'reading', 501, 2000)
  }
  copyFileSync(join(folder, 'copy.db'), file)
  using journal = open()
  expect(journal.epoch).not.toBe(epoch)
  const { seqs, ats, events } = waiting(journal)
  expect(seqs).toEqual(seqsFrom1(1500))
  expect(ats).toEqual(seqsFrom1(1500).map((at) => at + 500))
  expect(events).toMatchObject([{ kind: 'journal.renewed', body: { previous: epoch, issued: { reading: 2100, event: 20 } } }])
})

test('a journal that is gone or empty, or another than its mark knows, is told as a new epoch', () => {
  const first = fillJournal()
  rmSync(file)
  const second = (() => {
    using journal = open()
    expect(waiting(journal).events).toMatchObject([
      { kind: 'journal.renewed', body: { previous: first, issued: { reading: 2000 } } },
    ])
    return journal.epoch
  })()
  writeFileSync(file, '')
  {
    using journal = open()
    expect(waiting(journal).events).toMatchObject([{ kind: 'journal.renewed', body: { previous: second } }])
  }
  using again = open()
  expect(again.counters.renewals).toBe(0)
})

test('a mark that cannot be written or read stops nothing', () => {
  const none: Disk = {
    ...realDisk,
    write() {
      throw new Error('no space left on device')
    },
  }
  {
    using journal = open(none)
    append(journal, readings(1, 10))
  }
  writeFileSync(join(folder, 'journal.mark'), '{"gateway":')
  using journal = open()
  expect(waiting(journal)).toMatchObject({ seqs: seqsFrom1(10), events: [] })
})

/** A disk whose next commit goes wrong with this code, before or after it came to be. */
function failingDisk(): Disk & { fail: { code: string; isCommitted: boolean } | null; opened: number } {
  const disk = {
    ...realDisk,
    fail: null as { code: string; isCommitted: boolean } | null,
    opened: 0,
    open(path: string, access?: 'read') {
      const db = realDisk.open(path, access)
      if (access !== 'read') disk.opened += 1
      const transaction = db.transaction.bind(db)
      db.transaction = ((work: () => unknown) => {
        const { fail } = disk
        disk.fail = null
        if (!fail) return transaction(work)
        return () => {
          if (fail.isCommitted) transaction(work)()
          throw new Database.SqliteError('disk I/O error', fail.code)
        }
      }) as typeof db.transaction
      return db
    },
  }
  return disk
}

test.each([true, false])(
  'after an I/O error the connection is never used again, and the rows are there once (committed: %s)',
  (isCommitted) => {
    const disk = failingDisk()
    using journal = open(disk)
    append(journal, readings(1, 10))
    const { opened } = disk
    for (const _ of [1, 2]) {
      disk.fail = { code: 'SQLITE_IOERR_FSYNC', isCommitted }
      expect(() => append(journal, readings(11, 20), [event('e')])).toThrow('disk I/O error')
    }
    append(journal, readings(11, 20), [event('e')])
    expect(disk.opened).toBe(opened + 2)
    const { ats, seqs, events } = waiting(journal)
    expect(ats).toEqual(seqsFrom1(20))
    expect(seqs).toEqual(seqsFrom1(20))
    expect(events.filter(({ kind }) => kind === 'device.online')).toHaveLength(1)
    expect(events.filter(({ kind }) => kind === 'journal.damaged')).toMatchObject([
      { body: { what: 'the disk reported SQLITE_IOERR_FSYNC: disk I/O error' } },
    ])
    expect(journal.counters).toMatchObject({ diskErrors: 2, renewals: 0 })
  },
)

test('a full disk closes nothing', () => {
  const disk = failingDisk()
  using journal = open(disk)
  const { opened } = disk
  disk.fail = { code: 'SQLITE_FULL', isCommitted: false }
  expect(() => append(journal, readings(1, 10))).toThrow()
  append(journal, readings(1, 10))
  expect(disk.opened).toBe(opened)
  expect(waiting(journal)).toMatchObject({ seqs: seqsFrom1(10), events: [] })
})

test('a page that turns out damaged while the journal runs begins a new one, with the rows that wait', () => {
  const disk = failingDisk()
  using journal = open(disk)
  append(journal, readings(1, 10))
  const before = journal.epoch
  disk.fail = { code: 'SQLITE_CORRUPT', isCommitted: false }
  expect(() => append(journal, readings(11, 20))).toThrow()
  expect(journal.epoch).toBe(before)
  append(journal, readings(11, 20))
  expect(journal.epoch).not.toBe(before)
  expect(asides()).toHaveLength(1)
  const { ats, seqs, events } = waiting(journal)
  expect([ats, seqs]).toEqual([seqsFrom1(20), seqsFrom1(20)])
  expect(events).toMatchObject([{ kind: 'journal.renewed', body: { previous: before } }, { kind: 'journal.damaged' }])
})

test('the cloud may order a new epoch: rows that wait get new numbers in their order, damaged ones stay damaged', () => {
  const before = fillJournal()
  change('UPDATE reading SET value = 7 WHERE seq IN (600, 1900)')
  {
    using journal = open()
    append(journal, [], [event('waits')])
    const sealed = journal.next('reading', 0)
    expect(sealed).toMatchObject({ first: 501 })
    ack(journal, 'reading', 520, 530)
    journal.renew('ffffffffffffffff', 'for another epoch')
    expect(journal.epoch).toBe(before)
    journal.renew(before, 'numbers were given out twice')
    expect(journal.epoch).not.toBe(before)
    journal.settle({ epoch: before, lane: 'reading', ranges: [[1, 2000]], refused: [] })
    expect(journal.lanes()).toMatchObject({ reading: { oldest: 1 }, event: { oldest: 1 } })
    append(journal, [reading(5000)])
  }
  using journal = open()
  expect(journal.counters.renewals).toBe(0)
  const { epoch } = journal
  const { ats, events } = waiting(journal)
  const wanted = seqsFrom1(1500)
    .map((at) => at + 500)
    .filter((at) => !(at >= 520 && at <= 530) && at !== 600 && at !== 1900)
  expect(ats).toEqual([...wanted, 5000])
  expect(events).toMatchObject([
    {
      seq: 1,
      kind: 'journal.renewed',
      body: { previous: before, why: 'numbers were given out twice', issued: { reading: 2000 } },
    },
    { seq: 2, id: 'waits' },
    { seq: 3, kind: 'loss', body: { epoch: before, seqs: [[600, 600]] } },
    { seq: 4, kind: 'loss', body: { epoch, seqs: [[1388, 1388]] } },
  ])
})

test('a power cut in the very first commit, which left a commit half made, is undone on opening', () => {
  // Before the log is there, SQLite commits by a journal of the old pages: it is copied here while it is hot.
  const making = `${file}.making`
  const db = new Database(making)
  db.pragma('cache_size = 2')
  db.exec('CREATE TABLE t (x); BEGIN')
  for (let row = 0; row < 2000; row++) db.prepare('INSERT INTO t VALUES (?)').run('x'.repeat(100))
  copyFileSync(making, file)
  copyFileSync(`${making}-journal`, `${file}-journal`)
  db.exec('ROLLBACK; DROP TABLE t')
  db.close()
  const hot = new Database(file, { readonly: true })
  expect(() => hot.prepare('SELECT * FROM sqlite_schema').all()).toThrow(/readonly/)
  hot.close()
  using journal = open()
  append(journal, readings(1, 3))
  expect(waiting(journal).seqs).toEqual([1, 2, 3])
})
