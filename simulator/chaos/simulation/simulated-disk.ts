import Database from 'better-sqlite3'
import type { SimulatedProcess } from './simulated-process.ts'

/** SQLite's level FULL: a commit is on the disk when it returns. */
const FULL = 2

/** What a disk does to the next commits of the process that uses it. */
export interface DiskFaults {
  /** Commits are refused for want of room. */
  isFull: boolean
  /** So many commits from now, one fails as a sync that the disk refuses; null: none. */
  ioErrorIn: number | null
  /** So many commits from now the process ends; null: not so. */
  crashIn: number | null
  /** That end comes before the commit is on the disk, or after it and before anybody is told. */
  isCrashAfter: boolean
}

/** The end of a process in the midst of a commit; nobody is left to catch it. */
export class SimulatedCrash extends Error {}

/**
 * Files of one machine, kept in memory. What a process has committed is there after its end where the connection was told to sync each commit
 * (`synchronous = FULL`); all else that it wrote through a connection that was not is gone, as it may be after a power cut.
 */
export class SimulatedDisk {
  readonly #isSynced: boolean
  readonly faults: DiskFaults = { isFull: false, ioErrorIn: null, crashIn: null, isCrashAfter: false }
  /** Commits so far. */
  commits = 0
  readonly #images = new Map<string, Buffer>()
  readonly #open = new Map<string, SimulatedDatabase>()

  /** `isSynced` false: it says that commits are synced, and they are not. */
  constructor({ isSynced }: { readonly isSynced: boolean }) {
    this.#isSynced = isSynced
  }

  exists(file: string): boolean {
    return this.#images.has(file) || this.#open.has(file)
  }

  /** The connection of a process to a file; it ends with the process. */
  open(file: string, process: SimulatedProcess): Database.Database {
    const database = new SimulatedDatabase(this.#images.get(file), this.#isSynced, {
      before: () => this.#beforeCommit(process),
      after: () => this.#afterCommit(process),
      onClose: (image) => this.#keep(file, database, image),
    })
    this.#open.set(file, database)
    process.onEnd(() => {
      if (this.#open.get(file) === database) database.lose()
    })
    return database
  }

  /** What is on the disk of a file that nobody has open. */
  image(file: string): Buffer | undefined {
    return this.#images.get(file)
  }

  /** Puts another content in its place, as a restored backup does; undefined: it was deleted. */
  replace(file: string, image: Buffer | undefined): void {
    if (image) this.#images.set(file, image)
    else this.#images.delete(file)
  }

  /** All files as they are on the disk now, without what a connection has not committed. */
  snapshot(): ReadonlyMap<string, Buffer> {
    const open = [...this.#open].map(([file, database]): [string, Buffer] => [file, database.image()])
    return new Map([...this.#images, ...open])
  }

  /** One bit of a file that nobody has open is another one. @param place from 0 to 1 */
  flip(file: string, place: number, bit: number): void {
    const image = this.#images.get(file)
    if (image === undefined || image.length === 0) return
    const damaged = Buffer.from(image)
    const offset = Math.floor(place * damaged.length)
    damaged[offset] = (damaged[offset] ?? 0) ^ (1 << bit)
    this.#images.set(file, damaged)
  }

  /** Puts back every file as it was, and takes away what came since. */
  restore(files: ReadonlyMap<string, Buffer>): void {
    this.#images.clear()
    for (const [file, image] of files) this.#images.set(file, image)
  }

  rename(from: string, to: string): void {
    this.replace(to, this.#images.get(from))
    this.#images.delete(from)
  }

  #keep(file: string, database: SimulatedDatabase, image: Buffer | null): void {
    if (this.#open.get(file) === database) this.#open.delete(file)
    if (image) this.#images.set(file, image)
  }

  #beforeCommit(process: SimulatedProcess): void {
    const { faults } = this
    this.commits += 1
    if (faults.isFull) throw sqliteError('SQLITE_FULL', 'database or disk is full')
    if (faults.ioErrorIn !== null && faults.ioErrorIn-- <= 0) {
      faults.ioErrorIn = null
      throw sqliteError('SQLITE_IOERR_FSYNC', 'disk I/O error')
    }
    if (faults.crashIn === null || faults.crashIn-- > 0) return
    faults.crashIn = null
    if (!faults.isCrashAfter) this.#crash(process)
    faults.crashIn = -1
  }

  #afterCommit(process: SimulatedProcess): void {
    if (this.faults.crashIn !== -1) return
    this.faults.crashIn = null
    this.#crash(process)
  }

  #crash(process: SimulatedProcess): never {
    // Its files are closed by the transaction that this ends, or by the process's end.
    queueMicrotask(() => process.kill())
    throw new SimulatedCrash(`${process.name} ended in the midst of a commit`)
  }
}

function sqliteError(code: string, message: string): Error {
  return new Database.SqliteError(message, code)
}

interface DatabaseHooks {
  before(): void
  after(): void
  onClose(image: Buffer | null): void
}

/** An in-memory database that claims to be a file in WAL mode, and knows what of it a power cut would leave. */
class SimulatedDatabase extends Database {
  readonly #hooks: DatabaseHooks
  /** What is on the disk while commits are not synced. */
  #unsynced: Buffer | null
  readonly #isSynced: boolean
  #level = 1
  #isDead = false

  constructor(image: Buffer | undefined, isSynced: boolean, hooks: DatabaseHooks) {
    super(image ?? ':memory:')
    this.#hooks = hooks
    this.#isSynced = isSynced
    this.#unsynced = image ?? null
  }

  override pragma(source: string, options?: Database.PragmaOptions): unknown {
    if (/^journal_mode\b/.test(source)) return options?.simple ? 'wal' : [{ journal_mode: 'wal' }]
    const level = /^synchronous\s*=\s*(\w+)/.exec(source)?.[1]
    if (level !== undefined) {
      this.#level = level === 'FULL' ? FULL : 1
      return []
    }
    if (/^synchronous$/.test(source)) return options?.simple ? this.#level : [{ synchronous: this.#level }]
    return super.pragma(source, options)
  }

  override transaction<F extends (...args: unknown[]) => unknown>(work: F): Database.Transaction<F> {
    const inner = super.transaction((...args: unknown[]) => {
      const result = work(...args)
      this.#hooks.before()
      return result
    })
    const outer = (...args: unknown[]) => {
      if (this.inTransaction) return work(...args)
      this.#requireAlive()
      const result = inner(...args)
      this.#hooks.after()
      return result
    }
    return Object.assign(outer, { default: outer, deferred: outer, immediate: outer, exclusive: outer }) as never
  }

  override prepare(source: string): never {
    this.#requireAlive()
    const statement = super.prepare(source)
    if (!/^\s*commit\b/i.test(source)) return statement as never
    const run = (...args: unknown[]) => {
      this.#hooks.before()
      const result = statement.run(...args)
      this.#hooks.after()
      return result
    }
    return { reader: false, run, all: run, iterate: run } as never
  }

  override close(): this {
    if (!this.open) return this
    // A planned end syncs what there is.
    this.#hooks.onClose(this.#isDead ? this.#unsynced : this.#whole())
    return super.close()
  }

  /** What is committed. Nothing asks while a transaction is open: they are over before anything else happens. */
  image(): Buffer {
    return this.serialize()
  }

  /** Its process ended without warning, or the power did. */
  lose(): void {
    if (!this.open) return
    const image = this.#isSynced && this.#level === FULL ? this.#whole() : this.#unsynced
    this.#isDead = true
    this.#hooks.onClose(image)
    super.close()
  }

  #whole(): Buffer {
    if (this.inTransaction) super.exec('rollback')
    return this.serialize()
  }

  #requireAlive(): void {
    if (this.#isDead) throw new SimulatedCrash('the process of this connection ended')
  }
}
