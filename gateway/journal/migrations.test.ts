import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Disk, JOURNAL_SCHEMA, JournalFile, realDisk } from '#gateway/journal'
import { LANES } from '#wire'
import { decodeBatch } from '#wire/decode'

const FIXTURE = fileURLToPath(new URL('../../simulator/e2e/fixtures/release-0.1/journal.db', import.meta.url))
const GATEWAY = 'demo-01'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-journal-'))
  file = join(folder, 'journal.db')
  copyFileSync(FIXTURE, file)
})
afterEach(() => rmSync(folder, { recursive: true }))

/** What a file holds, without its times of opening. */
function contents(path: string) {
  const db = new Database(path, { readonly: true })
  try {
    const all = (sql: string) => db.prepare(sql).all()
    return {
      version: db.pragma('user_version', { simple: true }),
      epoch: all("SELECT value FROM meta WHERE key = 'epoch'"),
      readings: all('SELECT * FROM reading ORDER BY seq'),
      notices: all('SELECT * FROM notice ORDER BY lane, seq'),
      facts: all('SELECT * FROM fact ORDER BY id'),
      states: all('SELECT key, body FROM state ORDER BY key'),
      issued: all('SELECT lane, issued FROM lane ORDER BY lane'),
    }
  } finally {
    db.close()
  }
}

test('the journal of the release before goes on: same epoch, same numbers, and all that waited goes out', () => {
  const before = contents(FIXTURE)
  {
    using journal = new JournalFile({ file, gateway: GATEWAY })
    expect(journal.lanes().reading.waiting).toBe(195)
    const sent = LANES.flatMap((lane) => {
      const rows: number[] = []
      for (let batch = journal.next(lane, 0); batch; batch = journal.next(lane, batch.last))
        rows.push(...decodeBatch(batch.bytes).rows.map(({ seq }) => seq))
      return rows
    })
    expect(sent).toEqual([...before.notices, ...before.readings].map((row) => (row as { seq: number }).seq))
    expect(journal.counters.damaged).toBe(0)
    expect(journal.states('').map(([key, body]) => ({ key, body }))).toEqual(before.states)
  }
  expect(contents(file)).toEqual({ ...before, version: JOURNAL_SCHEMA })
  expect(contents(`${file}.before-2`)).toEqual(before)
  expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([])
})

test('a migration that is cut short leaves the file as it was, and the next start makes it whole', () => {
  const before = contents(FIXTURE)
  const cut: Disk = {
    ...realDisk,
    open(path) {
      const db = realDisk.open(path)
      const exec = db.exec.bind(db)
      db.exec = (sql) => {
        if (sql.includes('UPDATE state SET sum')) throw new Error('the power went')
        return exec(sql)
      }
      return db
    },
  }
  expect(() => new JournalFile({ file, gateway: GATEWAY, disk: cut })).toThrow('the power went')
  expect(contents(file)).toEqual(before)
  new JournalFile({ file, gateway: GATEWAY })[Symbol.dispose]()
  expect(contents(file)).toEqual({ ...before, version: JOURNAL_SCHEMA })
})

test('without room for the copy nothing is migrated', () => {
  const before = contents(FIXTURE)
  const full: Disk = {
    ...realDisk,
    copy() {
      throw new Error('database or disk is full')
    },
  }
  expect(() => new JournalFile({ file, gateway: GATEWAY, disk: full })).toThrow('full')
  expect(contents(file)).toEqual(before)
  expect(existsSync(`${file}.before-2`)).toBe(false)
})
