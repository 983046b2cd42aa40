import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { checkVersion, openSqlite } from '#cloud/store'
import { JournalFile, realDisk } from '#gateway/journal'
import type { ChaosRun } from './chaos-row.ts'
import type { SuiteOptions } from './suite.ts'

const SAFE = '3.51.3'
const UNSAFE = ['3.51.2', '3.50.4', '3.7.17', '2.8.17', 'none']
const RUN_MS = 60_000
const NOTE = 'another SQLite is told, not loaded; a clock before the build date is the beginning of T10'

interface Gate {
  readonly name: string
  /** @returns how it was refused; null where it was let in */
  pass(): string | null
  /** What the refusal must say. */
  readonly says: RegExp
}

/**
 * T36: what may not be trusted is refused by name: an SQLite that loses rows, a disk or driver that does not sync, and files of a newer version,
 * which stay as they are. Rows of the table are refusals. There is one SQLite in this process: its version is told otherwise to what checks it.
 */
export async function* versionGatesSuite(
  { cli, size }: SuiteOptions,
  stop: AbortSignal,
): AsyncGenerator<ChaosRun, void, undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-chaos-T36-'))
  using cleaned = new DisposableStack()
  cleaned.defer(() => rmSync(folder, { recursive: true }))
  const gates = [
    ...sqliteGates(folder),
    ...durabilityGates(folder),
    ...newerGates(cli, folder).slice(0, size === 'short' ? 1 : 3),
  ]
  const troubles: string[] = []
  for (const { name, pass, says } of gates) {
    const refusal = pass()
    if (refusal === null) troubles.push(`${name}: expected a refusal, it was let in`)
    else if (!says.test(refusal)) troubles.push(`${name}: expected a refusal that says ${says}, got: ${refusal}`)
  }
  const accepted = refusalOf(() => checkVersion(SAFE))
  if (accepted !== null) troubles.push(`SQLite ${SAFE}: expected to be let in, got: ${accepted}`)
  const [issued, wrong] = [gates.length, troubles.length]
  const row = { id: 'T36', faults: issued, issued, stored: issued - wrong, lost: 0, duplicate: 0, wrong }
  yield { row: { ...row, pass: wrong === 0 && !stop.aborted }, notes: [NOTE, ...troubles] }
}

function sqliteGates(folder: string): Gate[] {
  return UNSAFE.flatMap((version): Gate[] => [
    {
      name: `the cloud with SQLite ${version}`,
      pass: () => refusalOf(() => checkVersion(version)),
      says: /unsafe: .*3\.51\.3.*got/,
    },
    {
      name: `the journal with SQLite ${version}`,
      pass: () => journalRefusal(join(folder, `sqlite-${version}.db`), (db) => db.function('sqlite_version', () => version)),
      says: /version: .*3\.51\.3.*got/,
    },
  ])
}

function durabilityGates(folder: string): Gate[] {
  return [
    {
      name: 'a journal that is not synced',
      // The driver falls to NORMAL after the first write unless it is told again: here nobody is heard.
      pass: () => journalRefusal(join(folder, 'normal.db'), (db) => ignorePragma(db, 'synchronous = FULL')),
      says: /durability: .*synchronous 2 \(FULL\).*got 1/,
    },
    {
      name: 'a journal without a write-ahead log',
      pass: () => journalRefusal(':memory:', () => {}),
      says: /durability: .*journal mode wal.*got memory/,
    },
    {
      name: 'a cloud store without a write-ahead log',
      pass: () => refusalOf(() => openSqlite(':memory:').close()),
      says: /unsafe: .*journal mode wal.*got memory/,
    },
  ]
}

/** Files that a newer version has left, before real processes. */
function newerGates(cli: string, folder: string): Gate[] {
  const cloud = { role: 'cloud', config: 'data: ./data\nbroker: { port: 0 }\nhttp: { port: 0 }\n' }
  const site = {
    role: 'gateway',
    config: 'gateway: g1\ndata: ./data\nconsole: { port: 0 }\nbroker: mqtt://127.0.0.1:1\ndevices: []\n',
  }
  const later =
    "CREATE TABLE kysely_migration (name TEXT PRIMARY KEY, timestamp TEXT); INSERT INTO kysely_migration VALUES ('9999-later', '')"
  return [
    { name: 'journal.db', ...site, sql: 'PRAGMA user_version = 99' },
    { name: 'inbox.db', ...cloud, sql: 'PRAGMA user_version = 99' },
    { name: 'records.db', ...cloud, sql: later },
  ].map(({ name, role, config, sql }) => ({
    name: `a newer ${name}`,
    pass: () => newerRefusal(cli, { place: join(folder, `newer-${name}`), name, role, config, sql }),
    says: new RegExp(`exit code 1, the file is as it was: expected .*${name}`),
  }))
}

interface NewerFile {
  readonly place: string
  readonly name: string
  readonly role: string
  readonly config: string
  /** Makes the file what a newer version would have left. */
  readonly sql: string
}

function newerRefusal(cli: string, { place, name, role, config, sql }: NewerFile): string | null {
  const file = join(place, 'data', name)
  mkdirSync(join(place, 'data'), { recursive: true })
  writeFileSync(join(place, 'config.yaml'), config)
  const db = new Database(file)
  db.pragma('journal_mode = WAL')
  db.exec(sql)
  db.close()
  const before = contentOf(file)
  const args = [...process.execArgv, cli, role, '--config', join(place, 'config.yaml')]
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: RUN_MS })
  const isSame = contentOf(file) === before
  if (status === 0 || status === null) return null
  const says = stderr
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('{'))
  return `exit code ${status}, the file is ${isSame ? 'as it was' : 'changed'}: ${says.join(' ')}`
}

/** What a database says, whatever of its pages was written again. */
function contentOf(file: string): string {
  using opened = new DisposableStack()
  const db = opened.adopt(new Database(file, { readonly: true }), (read) => read.close())
  const tables = db.prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").pluck().all()
  return JSON.stringify([
    db.pragma('user_version'),
    db.prepare('SELECT type, name, sql FROM sqlite_master ORDER BY name').all(),
    tables.map((name) => db.prepare(`SELECT * FROM "${name}"`).all()),
  ])
}

function journalRefusal(file: string, prepare: (db: Database.Database) => void): string | null {
  const open = (path: string) => {
    const db = new Database(path)
    prepare(db)
    return db
  }
  const lock = () => ({ [Symbol.dispose]() {} })
  return refusalOf(() => new JournalFile({ file, gateway: 'g1', disk: { ...realDisk, open, lock } })[Symbol.dispose]())
}

function ignorePragma(db: Database.Database, ignored: string): void {
  const pragma = db.pragma.bind(db)
  db.pragma = (source, options) => (source === ignored ? undefined : pragma(source, options))
}

function refusalOf(work: () => void): string | null {
  try {
    work()
    return null
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    return `${code}: ${message}`
  }
}
