import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { JournalFile } from '#gateway/journal'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-journal-'))
  file = join(folder, 'journal.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

const DAY_MS = 24 * 3_600_000
const NOW = 1000 * DAY_MS

test('what is beyond its bound goes, the oldest first, some rows at a time; what is within it stays', () => {
  const append = (journal: JournalFile, mono: number) =>
    journal.append({ readings: [], events: [], states: [], commit: { boot: 'b', journalled: NOW, mono } })
  new JournalFile({ file, gateway: 'g' })[Symbol.dispose]()
  using db = open()
  db.sql.exec(`
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20500)
    INSERT INTO state (key, body, sum, journalled) SELECT 'rule ' || i, '', 0, i FROM n;
    INSERT INTO state (key, body, sum, journalled) VALUES ('device a', '', 0, 0);
    INSERT INTO fact VALUES ('old', 'alarm', NULL, ${NOW - 401 * DAY_MS}, '', 0), ('new', 'alarm', NULL, ${NOW - 399 * DAY_MS}, '', 0);
    INSERT INTO late VALUES (1, 1, 0, NULL, ${NOW - 41 * DAY_MS}), (1, 2, 0, NULL, ${NOW - 39 * DAY_MS});
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 11500)
    INSERT INTO aside SELECT i, 'e', 'reading', i, '', '', 0 FROM n;
  `)
  const count = (what: string) => (db.sql.prepare(`SELECT COUNT(*) AS rows FROM ${what}`).get() as { rows: number }).rows
  using journal = new JournalFile({ file, gateway: 'g' })
  append(journal, 0)
  expect(count('state')).toBe(20_001)
  expect(count("state WHERE key IN ('rule 500', 'device a')")).toBe(1)
  expect(db.sql.prepare('SELECT id FROM fact').all()).toEqual([{ id: 'new' }])
  expect(db.sql.prepare('SELECT at FROM late').all()).toEqual([{ at: 2 }])
  expect(count('aside')).toBe(10_500)
  append(journal, 5_000)
  expect(count('aside')).toBe(10_500)
  append(journal, 10_000)
  expect(count('aside')).toBe(10_000)
  expect(db.sql.prepare('SELECT MIN(id) AS id FROM aside').get()).toEqual({ id: 1501 })
})

function open(): Disposable & { sql: Database.Database } {
  const sql = new Database(file)
  return { sql, [Symbol.dispose]: () => void sql.close() }
}
