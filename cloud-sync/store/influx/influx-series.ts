import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import type {
  Bucket,
  BucketsQuery,
  Page,
  RefusedRow,
  SeriesMark,
  SeriesQuery,
  SeriesRow,
  SeriesStore,
  SeriesValue,
} from '../series.ts'
import { checkLimit, checkRows } from '../series-row.ts'
import { StoreError } from '../store-error.ts'
import { readBuckets } from './buckets.ts'
import { InfluxClient, type InfluxSetting } from './influx-client.ts'
import { FIELD_KINDS, MEASUREMENT, timeOf, VALUE_KINDS } from './line.ts'
import { encodeName } from './name.ts'
import { columnsOf, integerOf, LineReader } from './row-columns.ts'
import { sendLines } from './send-lines.ts'
import { whenOf } from './when.ts'
import { WritePlan } from './write-plan.ts'

/** Writes under way at once: while the server takes one, the next is made. */
const WRITES_MAX = 2
/**
 * The mark's measurement and its time. A time far ahead is in no retention policy's past, and always the same time is always the same point.
 */
const MARK = 'sluice'
const MARK_TIME = timeOf(Date.UTC(2200, 0, 1))

export interface InfluxOptions extends InfluxSetting {
  /** Beside the writer: changes nothing, not even a database that is not there. */
  readonly readonly?: boolean
  /** The right to write, given back when the store is closed. */
  readonly lock?: Disposable
  /** How long an answer of the server may take, ms. */
  readonly answerMs?: number
  readonly log: Logger
}

/**
 * The series store on an InfluxDB 1.x server. How rows stand there: `line.ts`. Opens nothing: a server that is away is told by each call as
 * `unavailable`, for as long as it is away. It has one writing process, as every series store; see `openSeries`.
 */
export function openInfluxSeries(options: InfluxOptions): SeriesStore {
  return new InfluxSeries(options)
}

class InfluxSeries implements SeriesStore {
  readonly #client: InfluxClient
  readonly #plan: WritePlan
  readonly #isReadonly: boolean
  readonly #lock: Disposable | undefined
  readonly #log: Logger
  readonly #underWay = new Set<Promise<unknown>>()
  #planned: Promise<unknown> = Promise.resolve()

  constructor({ readonly = false, lock, answerMs, log, ...setting }: InfluxOptions) {
    this.#client = new InfluxClient(setting, { makesDatabase: !readonly, ...(answerMs !== undefined && { answerMs }) })
    this.#plan = new WritePlan(this.#client)
    this.#isReadonly = readonly
    this.#lock = lock
    this.#log = log
  }

  /** Calls that overlap are planned one after the other, in the order of the calls, and sent side by side. */
  async write(rows: readonly SeriesRow[]): Promise<readonly RefusedRow[]> {
    this.#expectWriter()
    checkRows(rows)
    const before = this.#planned
    const turn = Promise.withResolvers<void>()
    this.#planned = turn.promise
    let sending: Promise<RefusedRow[]>
    try {
      await before
      const lines = await this.#plan.linesOf(rows, () => this.#landed(0))
      await this.#landed(WRITES_MAX - 1)
      sending = sendLines(this.#client, lines)
      this.#underWay.add(sending)
    } catch (error) {
      this.#plan.forget()
      throw error
    } finally {
      turn.resolve()
    }
    try {
      const refused = await sending
      const [first] = refused
      if (first)
        this.#log.warn(
          { rows: refused.length, device: first.row.device, point: first.row.point, at: first.row.at, why: first.why },
          'InfluxDB refuses rows',
        )
      return refused
    } catch (error) {
      this.#plan.forget()
      throw error
    } finally {
      this.#underWay.delete(sending)
    }
  }

  async range(query: SeriesQuery): Promise<Page<SeriesValue>> {
    const limit = checkLimit(query.limit)
    const when = whenOf(query)
    if (when === null) return { rows: [], truncated: false }
    const { device, point } = query
    const values = { device: encodeName(device) }
    const kinds = columnsOf(point, FIELD_KINDS)
    const [[table] = []] = await this.#client.query(
      [`SELECT "profile", ${kinds} FROM "${MEASUREMENT}" WHERE ${when} ORDER BY time LIMIT ${limit + 1}`],
      values,
    )
    if (table === undefined) return { rows: [], truncated: false }
    const reader = new LineReader(table, device, [point])
    const lines = table.values.slice(0, limit)
    const received = await this.#receivedOf(
      device,
      lines.map((line) => reader.time(line)),
    )
    const rows = lines.flatMap((line) => {
      const time = reader.time(line)
      const hash = reader.hash(line)
      return reader.rows(line, time, hash, received.get(`${time} ${hash}`) ?? 0)
    })
    return { rows: rows.map(({ device: _, point: __, ...value }) => value), truncated: table.values.length > limit }
  }

  buckets(query: BucketsQuery): Promise<Page<Bucket>> {
    return readBuckets(this.#client, query)
  }

  async count(): Promise<number> {
    const [tables = []] = await this.#client.query([`SELECT count(/\\.(${VALUE_KINDS.join('|')})$/) FROM "${MEASUREMENT}"`])
    return tables
      .flatMap(({ values }) => values)
      .reduce((sum, [, ...counts]) => counts.reduce<number>((part, count) => part + (integerOf(count) ?? 0), sum), 0)
  }

  async mark(): Promise<SeriesMark> {
    this.#expectWriter()
    const [[table] = []] = await this.#client.query([`SELECT "life", "reached" FROM "${MARK}" WHERE time = ${MARK_TIME}`])
    const [, life, reached] = table?.values[0] ?? []
    if (typeof life === 'string') return { life, reached: integerOf(reached) ?? 0 }
    // It is new, or was wiped: what was known of its rows is no longer so.
    this.#plan.forget()
    const made = { life: randomBytes(8).toString('hex'), reached: 0 }
    await this.#writeMark(`life="${made.life}",reached=0i`)
    return made
  }

  async setReached(reached: number): Promise<void> {
    this.#expectWriter()
    await this.#writeMark(`reached=${reached}i`)
  }

  async server(): Promise<string | null> {
    const [tables = []] = await this.#client.query(['SHOW DIAGNOSTICS']).catch((error: StoreError) => {
      // Only an administrator is told.
      if (error.message.includes('privilege') || error.message.includes('authoriz')) return []
      throw error
    })
    for (const { columns, values } of tables) {
      const [pid, started] = ['PID', 'started'].map((name) => columns.indexOf(name))
      if (pid !== undefined && pid >= 0 && started !== undefined && started >= 0)
        return `${values[0]?.[pid]} ${values[0]?.[started]}`
    }
    return null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#landed(0)
    this.#lock?.[Symbol.dispose]()
  }

  async #writeMark(fields: string): Promise<void> {
    const refusal = await this.#client.write(`${MARK} ${fields} ${MARK_TIME}`)
    if (refusal) throw new StoreError('unavailable', `expected InfluxDB to take its mark: ${refusal.why}`)
  }

  /** When the lines came, by time and profile version. */
  async #receivedOf(device: string, times: readonly (readonly [at: number, n: number])[]): Promise<Map<string, number>> {
    const [first, last] = [times[0], times.at(-1)]
    const received = new Map<string, number>()
    if (first === undefined || last === undefined) return received
    const when = `"device" = $device AND time >= ${timeOf(...first)} AND time <= ${timeOf(...last)}`
    const [[table] = []] = await this.#client.query([`SELECT "profile", "received" FROM "${MEASUREMENT}" WHERE ${when}`], {
      device: encodeName(device),
    })
    if (table === undefined) return received
    const reader = new LineReader(table, device, [])
    for (const line of table.values) received.set(`${reader.time(line)} ${reader.hash(line)}`, reader.received(line) ?? 0)
    return received
  }

  /** Resolves when at most so many writes are under way, well or not. */
  async #landed(countMax: number): Promise<void> {
    while (this.#underWay.size > countMax) await Promise.race(this.#underWay).catch(() => {})
  }

  #expectWriter(): void {
    if (this.#isReadonly) throw new StoreError('readonly', 'expected a series store opened for writing')
  }
}
