import { InfluxDB } from 'influx'
import { StoreError } from '../store-error.ts'

/** Writes and queries take milliseconds; a server that is frozen is told from a slow one by this. */
const ANSWER_MS = 20_000
/** Of the database that is made where there is none: kept for ever, in files of 30 days: 122 in ten years. */
const DATABASE_OPTIONS = 'WITH DURATION INF SHARD DURATION 30d'
/** Words of a server's answer that are told on. */
const ANSWER_CHARS_MAX = 300

export interface InfluxSetting {
  /** As `http://127.0.0.1:8086`. */
  readonly url: string
  /** Made when it is not there and the user may. */
  readonly database: string
  readonly username?: string | undefined
  readonly password?: string | undefined
}

export interface ClientOptions {
  /** Where it is not there; default false. */
  readonly makesDatabase?: boolean
  /** How long an answer may take, ms. */
  readonly answerMs?: number
}

/** The server refused lines for good, and wrote all others of the request or none. */
export interface Refusal {
  readonly why: string
  /** How many lines were refused, where the server says. */
  readonly dropped: number | null
}

/** One table of an answer. */
export interface Table {
  readonly tags: Readonly<Record<string, string>>
  readonly columns: readonly string[]
  readonly values: readonly (readonly unknown[])[]
}

/**
 * An InfluxDB 1.x over HTTP: lines in, tables out.
 *
 * Lines go by `fetch`, which keeps its connections: the `influx` package makes its lines from one object a point and is bound by that at a fifth of
 * what the server takes. They go plain: gzip makes a million rows 3.5 MB instead of 34 and costs 5 to 30 % of the rows a second, and the way to the
 * server is short.
 */
export class InfluxClient {
  readonly #setting: InfluxSetting
  readonly #writeUrl: string
  readonly #headers: Record<string, string>
  readonly #influx: InfluxDB
  readonly #makesDatabase: boolean
  readonly #answerMs: number

  constructor(setting: InfluxSetting, { makesDatabase = false, answerMs = ANSWER_MS }: ClientOptions = {}) {
    this.#makesDatabase = makesDatabase
    this.#answerMs = answerMs
    const { url, database, username, password = '' } = setting
    this.#setting = setting
    const { protocol, hostname, port, pathname } = new URL(url)
    const path = pathname === '/' ? '' : pathname.replace(/\/$/, '')
    this.#writeUrl = `${url.replace(/\/$/, '')}/write?db=${encodeURIComponent(database)}&precision=ns`
    const basic = Buffer.from(`${username}:${password}`).toString('base64')
    this.#headers = username === undefined ? {} : { authorization: `Basic ${basic}` }
    const isSecure = protocol === 'https:'
    this.#influx = new InfluxDB({
      host: hostname,
      port: Number(port || (isSecure ? 443 : 80)),
      protocol: isSecure ? 'https' : 'http',
      path,
      database,
      username: username ?? '',
      password,
      // Its own retries and pauses would hide from us how the server is.
      pool: { maxRetries: 0, requestTimeout: answerMs, backoff: NO_BACKOFF },
    })
  }

  /** Writes lines; null when all are written. @throws StoreError `unavailable`: nothing is known of any line */
  async write(lines: string | Uint8Array<ArrayBuffer>): Promise<Refusal | null> {
    let answer = await this.#post(lines)
    if (answer.status === 404 && this.#makesDatabase) {
      await this.createDatabase()
      answer = await this.#post(lines)
    }
    if (answer.status === 204) return null
    const why = saidIn(answer.text)
    if (answer.status !== 400 && answer.status !== 413)
      throw this.#unavailable(`a write was answered with ${answer.status}: ${why}`)
    const dropped = /^partial write: .* dropped=(\d+)$/s.exec(why)?.[1]
    return { why, dropped: dropped === undefined || dropped === '0' ? null : Number(dropped) }
  }

  /**
   * The tables of each statement. Values go in by `$name`: they cannot end a statement and begin another.
   * @throws StoreError `unavailable`
   */
  async query(
    statements: readonly string[],
    values: Readonly<Record<string, string>> = {},
  ): Promise<readonly (readonly Table[])[]> {
    const query = statements.join('; ')
    let { results } = await this.#ask(query, values)
    if (this.#makesDatabase && errorIn(results) !== undefined && (await this.#isMissing())) {
      await this.createDatabase()
      results = (await this.#ask(query, values)).results
    }
    const error = errorIn(results)
    if (error !== undefined) throw this.#unavailable(error)
    if (results.length !== statements.length)
      throw this.#unavailable(`expected ${statements.length} results, got ${results.length}`)
    return results.map(({ series = [] }) =>
      series.map(({ columns, values: rows = [], tags }) => ({ columns, values: rows, tags: tags ?? {} })),
    )
  }

  /** @throws StoreError `unavailable`, also where the user may not */
  async createDatabase(): Promise<void> {
    await this.#command(`CREATE DATABASE ${this.#databaseName} ${DATABASE_OPTIONS}`)
  }

  /** For a database of a run's own. @throws StoreError `unavailable` */
  async dropDatabase(): Promise<void> {
    await this.#command(`DROP DATABASE ${this.#databaseName}`)
  }

  async #command(statement: string): Promise<void> {
    const error = errorIn((await this.#ask(statement, {})).results)
    if (error !== undefined) throw this.#unavailable(error)
  }

  /** Several statements on a database that is not there are answered with `not executed`, one alone with the reason. */
  async #isMissing(): Promise<boolean> {
    const { results } = await this.#ask('SELECT "any" FROM "any" LIMIT 1', {})
    return errorIn(results)?.startsWith('database not found') ?? false
  }

  get #databaseName(): string {
    return `"${this.#setting.database.replace(/["\\]/g, '\\$&')}"`
  }

  async #post(body: string | Uint8Array<ArrayBuffer>): Promise<{ readonly status: number; readonly text: string }> {
    try {
      const signal = AbortSignal.timeout(this.#answerMs)
      const response = await fetch(this.#writeUrl, { method: 'POST', body, headers: this.#headers, signal })
      return { status: response.status, text: await response.text() }
    } catch (cause) {
      throw this.#unavailable(reasonOf(cause), cause)
    }
  }

  /** The package waits for ever for an answer whose server dies in the middle of it. */
  async #ask(query: string, placeholders: Readonly<Record<string, string>>): Promise<Answer> {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => late.reject(new Error(`no answer within ${this.#answerMs} ms`)), this.#answerMs)
    try {
      const asked: Promise<Answer> = this.#influx.queryRaw(query, { method: 'POST', placeholders: { ...placeholders } })
      const response = await Promise.race([asked, late.promise])
      if (response.error !== undefined) throw new Error(response.error)
      return response
    } catch (cause) {
      throw this.#unavailable(reasonOf(cause), cause)
    } finally {
      clearTimeout(timer)
    }
  }

  #unavailable(why: string, cause?: unknown): StoreError {
    const { url, database } = this.#setting
    return new StoreError('unavailable', `expected InfluxDB at ${url}, database "${database}": ${why}`, { cause })
  }
}

/** As the server answers a query: a result a statement. */
interface Answer {
  readonly error?: string
  readonly results: readonly {
    readonly error?: string
    readonly series?: readonly {
      readonly tags?: Readonly<Record<string, string>>
      readonly columns: readonly string[]
      readonly values?: readonly (readonly unknown[])[]
    }[]
  }[]
}

function errorIn(results: Answer['results']): string | undefined {
  return results.find(({ error }) => error !== undefined)?.error
}

interface Backoff {
  getDelay(): number
  next(): Backoff
  reset(): Backoff
}
const NO_BACKOFF: Backoff = { getDelay: () => 0, next: () => NO_BACKOFF, reset: () => NO_BACKOFF }

/** `{"error":"…"}`, or whatever it was. */
function saidIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown }
    if (typeof error === 'string') return error.slice(0, ANSWER_CHARS_MAX)
  } catch {
    // A proxy's page.
  }
  return text.trim().slice(0, ANSWER_CHARS_MAX)
}

/** `fetch` hides why in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message.slice(0, ANSWER_CHARS_MAX)
}
