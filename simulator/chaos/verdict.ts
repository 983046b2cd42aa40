import { isDeepStrictEqual } from 'node:util'
import pino from 'pino'
import { auditFiles } from '#cloud/ingest'
import { openRecords, openSeries, type SeriesSetting, type SeriesValue, type ShownSeries, showRevised } from '#cloud/store'
import { FED_POINT, type FedRow, fedDevice, fedRow, MARK } from './fed-row.ts'
import { RowAccount } from './row-account.ts'

/** What the cloud has, row by row beside what the sites were given. */
export interface Verdict {
  /** Accepted rows, and those in doubt that are there. */
  readonly issued: number
  /** Of them there, each counted once. */
  readonly stored: number
  /** Accepted, not there, and not declared lost either. */
  readonly lost: number
  /** Not there, and a loss record says so. */
  readonly declared: number
  /** There a second time. */
  readonly duplicate: number
  /** There otherwise than offered, or never offered. */
  readonly wrong: number
  /** Told to the site but not accepted before it was killed, and not there. */
  readonly inDoubt: number
  /** For a person: the first of what is not as it should be. */
  readonly differences: readonly string[]
}

/** Where a cloud keeps what it has; nobody may be writing to it. */
export interface CloudStores {
  readonly data: string
  readonly series: SeriesSetting
  readonly files: { readonly inbox: string; readonly records: string }
}

/** How far a row of a site's clock may be from when this process heard of it: what the clock may be off by, and a busy machine. */
const CLOCK_MS_MAX = 5000
const PAGE_ROWS = 100_000
const DIFFERENCES_MAX = 20
const SEEN = 1

/**
 * Compares the cloud's stores with the accounts of all gateways that sent to it.
 * @param poison rows of each gateway that had to be refused
 */
export async function judge(
  stores: CloudStores,
  accounts: Iterable<RowAccount>,
  poison: ReadonlyMap<string, number> = new Map(),
): Promise<Verdict> {
  const book = new Book([...accounts])
  await readSeries(stores, book)
  await readEvents(stores, book)
  const audit = await auditFiles(stores.files)
  for (const { gateway, epoch, lane, missing, refused } of audit.gateways) {
    if (missing.length > 0) book.note(`the audit misses ${JSON.stringify(missing)} of ${gateway} ${epoch} ${lane}`)
    if (refused > 0 && !poison.has(gateway)) book.note(`the cloud refused ${refused} rows of ${gateway} ${epoch} ${lane}`)
  }
  for (const [gateway, rows] of poison) {
    const refused = audit.gateways.filter((lane) => lane.gateway === gateway).reduce((sum, lane) => sum + lane.refused, 0)
    if (refused !== rows) book.note(`the audit knows ${refused} refused rows of ${gateway}, not ${rows}`)
  }
  return book.close((gateway) =>
    audit.gateways.filter((lane) => lane.gateway === gateway).reduce((sum, { declaredLost }) => sum + declaredLost, 0),
  )
}

/** Ticks off what is found. */
class Book {
  readonly pages: ReadonlyMap<string, { readonly account: RowAccount; readonly seen: Uint8Array }>
  readonly differences: string[] = []
  #counts = { stored: 0, duplicate: 0, wrong: 0 }

  constructor(accounts: readonly RowAccount[]) {
    const pages = new Map<string, { account: RowAccount; seen: Uint8Array }>()
    for (const [gateway, [first, ...more]] of Map.groupBy(accounts, ({ feed }) => feed.gateway)) {
      if (first === undefined) continue
      const account = RowAccount.together([first, ...more])
      pages.set(gateway, { account, seen: new Uint8Array(account.next) })
    }
    this.pages = pages
  }

  note(difference: string): void {
    if (this.differences.length < DIFFERENCES_MAX) this.differences.push(difference)
  }

  /** @param fault what is not as it was offered, null where all is */
  found(gateway: string, k: unknown, fault: (row: FedRow, heardAt: number | null) => string | null): void {
    const page = this.pages.get(gateway)
    if (page === undefined || typeof k !== 'number' || !page.account.isOffered(k)) {
      this.foreign(1, `a row ${String(k)} of ${gateway} that was never offered`)
      return
    }
    const { feed } = page.account
    const why = fault(fedRow(feed, k), feed.isClocked ? page.account.heardAt(k) : null)
    if (why !== null) this.foreign(1, `row ${k} of ${gateway}: ${why}`)
    else if (page.seen[k] === SEEN) {
      this.#counts.duplicate += 1
      this.note(`row ${k} of ${gateway} is there twice`)
    } else {
      page.seen[k] = SEEN
      this.#counts.stored += 1
    }
  }

  foreign(count: number, what: string): void {
    this.#counts.wrong += count
    this.note(what)
  }

  close(declaredOf: (gateway: string) => number): Verdict {
    let [issued, missing, declared, inDoubt] = [0, 0, 0, 0]
    for (const [gateway, { account, seen }] of this.pages) {
      let [gone, first] = [0, -1]
      for (let k = 0; k < account.next; k++) {
        if (seen[k] === SEEN || account.isAccepted(k)) issued += 1
        else if (account.isOffered(k)) inDoubt += 1
        if (seen[k] === SEEN || !account.isAccepted(k)) continue
        gone += 1
        if (first < 0) first = k
      }
      const told = Math.min(gone, declaredOf(gateway))
      declared += told
      missing += gone - told
      if (gone > told) this.note(`${gone} rows of ${gateway} are not there, from row ${first} on; ${told} are declared lost`)
    }
    return { issued, ...this.#counts, lost: missing, declared, inDoubt, differences: this.differences }
  }
}

async function readSeries({ series: setting, data, files }: CloudStores, book: Book): Promise<void> {
  await using records = await openRecords(files.records, { readonly: true })
  await using store = await openSeries(setting, { data, readonly: true, log: pino({ level: 'silent' }) })
  let visited = 0
  for (const [gateway, { account }] of book.pages) {
    for (let index = 0; index < account.feed.series; index++) {
      const device = fedDevice(account.feed, index)
      for await (const row of rowsOf(showRevised(store, records.db), device)) {
        visited += 1
        book.found(gateway, row.value, (offered, heardAt) => readingFault(offered, device, row, heardAt))
      }
    }
  }
  const others = (await store.count()) - visited
  if (others !== 0) book.foreign(Math.abs(others), `the series store counts ${others} rows more than its series have`)
}

function readingFault(offered: FedRow, device: string, row: SeriesValue, heardAt: number | null): string | null {
  const { at, n, quality } = row
  if (offered.lane !== 'reading') return `offered as ${offered.lane}, there as a reading`
  const { reading } = offered
  if (reading.device !== device) return `offered of ${reading.device}, there of ${device}`
  if (heardAt !== null) return clockFault(row, heardAt)
  if (reading.at !== at) return `offered at ${reading.at}, there at ${at}`
  return n === 0 && quality === reading.quality ? null : `there as number ${n} of its instant, ${quality}`
}

/** Of a clock that is set wrong: the true time, or a flag. Rows from both sides of a step may come to the same millisecond. */
function clockFault({ at, quality, reason }: SeriesValue, heardAt: number): string | null {
  if (Math.abs(at - heardAt) > CLOCK_MS_MAX) return reason === 'clock' ? null : `there at ${at}, taken at ${heardAt}`
  return quality === 'good' || reason === 'conflict' || reason === 'clock' ? null : `there as ${quality}, ${reason}`
}

/** Every row of a fed device's series, page by page. */
async function* rowsOf(store: ShownSeries, device: string): AsyncGenerator<SeriesValue> {
  for (let [from, known] = [0, -1]; ; ) {
    const query = { device, point: FED_POINT, from, to: Number.MAX_SAFE_INTEGER, limit: PAGE_ROWS }
    const { rows, truncated } = await store.range(query)
    // The page begins with the instant that ended the last one.
    const fresh = rows.filter(({ at, n }) => at > from || n > known)
    yield* fresh
    const last = fresh.at(-1)
    if (!truncated || last === undefined) return
    from = last.at
    known = last.n
  }
}

async function readEvents({ files }: CloudStores, book: Book): Promise<void> {
  await using records = await openRecords(files.records, { readonly: true })
  const rows = await records.db
    .selectFrom('event')
    .select(['gateway', 'kind', 'at', 'device', 'lane', 'body'])
    .where('kind', 'in', [MARK, 'alarm'])
    .execute()
  for (const row of rows) {
    const body = JSON.parse(row.body) as { readonly value?: unknown }
    book.found(row.gateway, body.value, (offered, heardAt) => {
      if (offered.lane === 'reading') return `offered as a reading, there as ${row.kind}`
      const { kind, at, device, body: told } = offered.event
      const { clock, ...rest } = body as { readonly clock?: unknown }
      const isThen = heardAt === null ? at === row.at : clock !== undefined || Math.abs(row.at - heardAt) <= CLOCK_MS_MAX
      const isSame = kind === row.kind && isThen && device === row.device && offered.lane === row.lane
      return isSame && isDeepStrictEqual(told, heardAt === null ? body : rest)
        ? null
        : `the event is another than was offered: ${row.body}`
    })
  }
}
