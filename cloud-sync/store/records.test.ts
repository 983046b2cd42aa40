import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kysely, SqliteDialect } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Migrations, migrate, migrationsOf } from './migrate.ts'
import { openRecords } from './records.ts'
import { checkVersion, openSqlite } from './sqlite.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'records-'))
  file = join(folder, 'records.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

const first: Migrations = { '0001-a': { up: (db) => db.schema.createTable('a').addColumn('x', 'integer').execute() } }
const second: Migrations = { ...first, '0002-b': { up: (db) => db.schema.createTable('b').addColumn('y', 'integer').execute() } }
const failing: Migrations = {
  ...second,
  '0003-c': {
    up: async (db) => {
      await db.schema.createTable('c').addColumn('z', 'integer').execute()
      throw new Error('half way')
    },
  },
}

async function migrated(migrations: Migrations, work: (sqlite: ReturnType<typeof openSqlite>) => void = () => {}): Promise<void> {
  const sqlite = openSqlite(file)
  try {
    await migrate(sqlite, new Kysely({ dialect: new SqliteDialect({ database: sqlite }) }), file, migrations)
    work(sqlite)
  } finally {
    sqlite.close()
  }
}

describe('records', () => {
  test('keep what was written when they are opened again', async () => {
    {
      await using records = await openRecords(file)
      await records.db.insertInto('change').values({ kind: 'station', ref: 's1', at: 5 }).execute()
    }
    await using records = await openRecords(file, { readonly: true })
    expect(await records.db.selectFrom('change').selectAll().execute()).toEqual([{ id: 1, kind: 'station', ref: 's1', at: 5 }])
  })

  test('have one writer a file, and the next one after it closed', async () => {
    {
      await using _ = await openRecords(file)
      await expect(openRecords(file)).rejects.toMatchObject({ code: 'locked' })
    }
    await using _ = await openRecords(file)
  })

  test('can be written again after their writer was killed, with what it had committed', async () => {
    const store = new URL('./index.ts', import.meta.url).href
    const script = `const { openRecords, recordChange } = await import(${JSON.stringify(store)})
      const records = await openRecords(${JSON.stringify(file)})
      await recordChange(records.db, 'station', 's1', 1)
      process.stdout.write('written')
      setInterval(() => {}, 1000)`
    const writer = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      await once(writer.stdout, 'data')
      await expect(openRecords(file)).rejects.toMatchObject({ code: 'locked' })
    } finally {
      writer.kill('SIGKILL')
      await once(writer, 'exit')
    }
    await using records = await openRecords(file)
    expect(await records.db.selectFrom('change').select('ref').execute()).toEqual([{ ref: 's1' }])
  })

  test('are read beside their writer, and a reader writes nothing', async () => {
    await using writer = await openRecords(file)
    await using reader = await openRecords(file, { readonly: true })
    await writer.db.insertInto('change').values({ kind: 'gateway', ref: 'g1', at: 5 }).execute()
    expect(await reader.db.selectFrom('change').select('ref').execute()).toEqual([{ ref: 'g1' }])
    await expect(reader.db.deleteFrom('change').execute()).rejects.toMatchObject({ code: 'SQLITE_READONLY' })
  })

  test('are missing for a reader until their writer made them', async () => {
    await expect(openRecords(file, { readonly: true })).rejects.toMatchObject({ code: 'missing' })
    openSqlite(file).close()
    await expect(openRecords(file, { readonly: true })).rejects.toMatchObject({ code: 'older' })
  })

  test('of a newer version are refused by the name of its migration, and the writer lock is given back', async () => {
    await migrated({ '0001-records': { up: async () => {} }, '9999-later': { up: async () => {} } })
    await expect(openRecords(file)).rejects.toMatchObject({ code: 'newer', message: expect.stringContaining('9999-later') })
    await expect(openRecords(file)).rejects.toMatchObject({ code: 'newer' })
  })
})

describe('a migration', () => {
  test('copies a file that holds data before it changes it', async () => {
    await migrated(first, (sqlite) => sqlite.exec('insert into a values (7)'))
    expect(readdirSync(folder)).toEqual(['records.db'])
    await migrated(second)
    const copy = openSqlite(`${file}.before-0002-b`, { readonly: true })
    expect(copy.prepare('select x from a').pluck().all()).toEqual([7])
    expect(migrationsOf(copy)).toEqual(['0001-a'])
    copy.close()
  })

  test('that fails leaves the file as it was', async () => {
    await migrated(first)
    await expect(migrated(failing)).rejects.toThrow('half way')
    const sqlite = openSqlite(file, { readonly: true })
    expect(migrationsOf(sqlite)).toEqual(['0001-a'])
    expect(sqlite.prepare(`select name from sqlite_master where name in ('a', 'b', 'c')`).pluck().all()).toEqual(['a'])
    sqlite.close()
    await migrated(second, (again) => expect(migrationsOf(again)).toEqual(['0001-a', '0002-b']))
  })
})

describe('a SQLite file', () => {
  test('commits with synchronous FULL in WAL, still after writes', () => {
    const sqlite = openSqlite(file)
    sqlite.exec('create table t (x); insert into t values (1)')
    expect(sqlite.pragma('synchronous', { simple: true })).toBe(2)
    expect(sqlite.pragma('journal_mode', { simple: true })).toBe('wal')
    sqlite.close()
  })

  test.each(['3.51.2', '3.50.7', '2.99.99'])('of SQLite %s is refused', (version) => {
    expect(() => checkVersion(version)).toThrow(expect.objectContaining({ code: 'unsafe' }))
  })

  test.each(['3.51.3', '3.52.0', '3.54.1', '4.0.0'])('of SQLite %s is taken', (version) => {
    expect(() => checkVersion(version)).not.toThrow()
  })
})
