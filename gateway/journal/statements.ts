import type Database from 'better-sqlite3'

/** What SQLite takes and gives here. */
export type Cell = number | string | null

/** Prepared once, by their text. */
export class Statements {
  readonly #db: Database.Database
  readonly #prepared = new Map<string, Database.Statement>()
  readonly #raw = new Map<string, Database.Statement>()

  constructor(db: Database.Database) {
    this.#db = db
  }

  run(sql: string, ...values: readonly Cell[]): Database.RunResult {
    return this.#statement(sql).run(...values)
  }

  all<T>(sql: string, ...values: readonly Cell[]): T[] {
    return this.#statement(sql).all(...values) as T[]
  }

  /** Rows as arrays of their columns: cheaper where they are many. */
  columns<T extends readonly Cell[]>(sql: string, ...values: readonly Cell[]): T[] {
    const known = this.#raw.get(sql)
    const statement = known ?? this.#db.prepare(sql).raw()
    if (!known) this.#raw.set(sql, statement)
    return statement.all(...values) as T[]
  }

  get<T>(sql: string, ...values: readonly Cell[]): T | undefined {
    return this.#statement(sql).get(...values) as T | undefined
  }

  /** All or nothing; inside another transaction it is a part of it. */
  transaction<T>(work: () => T): T {
    return this.#db.inTransaction ? work() : this.#db.transaction(work)()
  }

  #statement(sql: string): Database.Statement {
    const known = this.#prepared.get(sql)
    if (known) return known
    const statement = this.#db.prepare(sql)
    this.#prepared.set(sql, statement)
    return statement
  }
}
