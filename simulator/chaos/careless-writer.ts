import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'

const LINE = 'a line that nobody syncs\n'

/** What a power cut left of a careless writer's work. */
export interface CarelessLoss {
  readonly written: number
  readonly left: number
}

/** The control of a power cut: lines and rows that are written and never synced. A rig that keeps all of them cuts nothing. */
export class CarelessWriter {
  readonly #file: string
  readonly #handle: number
  readonly #db: Database.Database
  #written = 0

  private constructor(folder: string) {
    this.#file = join(folder, 'careless')
    for (const end of ['.txt', '.db', '.db-wal', '.db-shm']) rmSync(this.#file + end, { force: true })
    this.#handle = openSync(`${this.#file}.txt`, 'a')
    this.#db = new Database(`${this.#file}.db`)
    this.#db.pragma('journal_mode = WAL')
    this.#db.pragma('synchronous = OFF')
    this.#db.exec('CREATE TABLE line (id INTEGER PRIMARY KEY, text TEXT)')
  }

  static open(folder: string): CarelessWriter {
    return new CarelessWriter(folder)
  }

  /** A line in the file and a committed row in the database. */
  write(): void {
    writeSync(this.#handle, LINE)
    this.#db.prepare('INSERT INTO line (text) VALUES (?)').run(LINE)
    this.#written += 2
  }

  close(): void {
    closeSync(this.#handle)
    this.#db.close()
  }

  /** Looks at what is left after the cut. */
  get loss(): CarelessLoss {
    const text = `${this.#file}.txt`
    const lines = existsSync(text) ? Math.floor(readFileSync(text).length / LINE.length) : 0
    return { written: this.#written, left: lines + this.#rows() }
  }

  #rows(): number {
    if (!existsSync(`${this.#file}.db`)) return 0
    using opened = new DisposableStack()
    try {
      const db = opened.adopt(new Database(`${this.#file}.db`), (file) => file.close())
      return Number(db.prepare('SELECT COUNT(*) FROM line').pluck().get())
    } catch {
      // An empty or broken file is what a commit without a sync may leave.
      return 0
    }
  }
}
