import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { reviseIncidents } from '#cloud/alerts'
import { describeDevice, type NewEvent, putEvents, type RecordTables, recordChange, setOnline } from '#cloud/store'
import { Bilingual, DEVICE_ID, GRADES, type Rule, type SiteEvent } from '#wire'
import type { InboxEntry } from './batch-table.ts'
import { CLOUD_EPOCH } from './cloud-events.ts'
import type { ReaderWork } from './reader.ts'

const Described = Type.Object({
  name: Bilingual,
  station: Type.Object({ id: Type.String({ pattern: DEVICE_ID }), name: Bilingual }),
  profile: Type.String({ maxLength: 120 }),
  hash: Type.String({ pattern: '^[0-9a-f]{16}$' }),
  points: Type.Record(
    Type.String(),
    Type.Object({
      unit: Type.String({ maxLength: 16 }),
      decimals: Type.Integer({ minimum: 0, maximum: 9 }),
      meaning: Type.Enum(['gauge', 'counter', 'state']),
      wraps: Type.Optional(Type.Integer({ minimum: 1 })),
      everyMs: Type.Integer({ minimum: 1 }),
    }),
  ),
})

const Alarm = Type.Object({
  rule: Type.String(),
  version: Type.String(),
  grade: Type.Union([Type.Enum([...GRADES]), Type.Null()]),
  action: Type.Optional(Type.Enum(['prepare', 'move'])),
  value: Type.Union([Type.Integer(), Type.Null()]),
  evidence: Type.Object({
    decimals: Type.Integer(),
    limit: Type.Union([Type.Number(), Type.Null()]),
    windowMs: Type.Optional(Type.Integer()),
    sum: Type.Optional(Type.Number()),
    coverage: Type.Optional(Type.Number()),
    rows: Type.Array(Type.Object({ at: Type.Integer(), value: Type.Number() })),
  }),
})

/** Who says something. */
interface Source {
  readonly gateway: string
  readonly epoch: string
}

/** Writes what gateways tell of themselves: devices, their coming and going, and the alarms of the site's own rules. */
export class RecordsWriter implements ReaderWork {
  readonly name = 'records'
  readonly #rules: ReadonlyMap<string, Rule>
  readonly #log: Logger

  constructor(rules: readonly Rule[], log: Logger) {
    this.#rules = new Map(rules.map((rule) => [rule.id, rule]))
    this.#log = log
  }

  async record(trx: Kysely<RecordTables>, entries: readonly InboxEntry[]): Promise<void> {
    const recorded = Date.now()
    const stations = new Set<string>()
    for (const { batch, received } of entries) {
      if (batch.lane === 'reading') continue
      const { gateway, epoch, lane } = batch
      const rows = batch.rows.map(({ seq, event }): NewEvent => {
        const { id: fact, kind, at, device, body } = event
        return { gateway, epoch, lane, seq, kind, at, device: device ?? null, body: JSON.stringify(body), received, fact }
      })
      await putEvents(trx, rows)
      for (const { event } of batch.rows)
        for (const station of await this.#apply(trx, { gateway, epoch }, event, recorded)) stations.add(station)
    }
    for (const station of stations) await recordChange(trx, 'station', station, recorded)
  }

  /** @returns ids of the stations that look different now */
  async #apply(trx: Kysely<RecordTables>, { gateway, epoch }: Source, event: SiteEvent, recorded: number): Promise<string[]> {
    const { kind, at, device, body } = event
    if (kind === 'gateway.cloned' && epoch === CLOUD_EPOCH) {
      await trx
        .updateTable('gateway')
        .set({ doubt: String(body.why) })
        .where('id', '=', gateway)
        .where('epoch', '=', String(body.epoch))
        .execute()
      await recordChange(trx, 'gateway', gateway, recorded)
    }
    if (device === undefined) return []
    const owner = await ownerOf(trx, device)
    if (owner !== null && owner !== gateway && kind.startsWith('device.')) {
      this.#log.warn({ kind, device, gateway, owner }, 'a device of another gateway: kept as an event only')
      return []
    }
    if (kind === 'device.online' || kind === 'device.offline') {
      const station = await setOnline(trx, { device, online: kind === 'device.online', at })
      return station === null ? [] : [station]
    }
    if (kind === 'device.described') {
      if (!Value.Check(Described, body)) return this.#tell(event)
      const points = Object.fromEntries(
        Object.entries(body.points).map(([name, { wraps, ...point }]) => [
          name,
          { ...point, ...(wraps !== undefined && { wraps }) },
        ]),
      )
      return describeDevice(trx, { ...body, points, device, gateway, at })
    }
    if (kind === 'alarm') {
      if (!Value.Check(Alarm, body)) return this.#tell(event)
      await this.#alarm(trx, at, body, recorded)
    }
    return []
  }

  /** The gateway's own verdict joins the incident that the cloud's makes, or makes it first. */
  async #alarm(trx: Kysely<RecordTables>, at: number, body: Static<typeof Alarm>, recorded: number): Promise<void> {
    const rule = this.#rules.get(body.rule)
    if (rule === undefined) {
      this.#log.warn({ rule: body.rule }, 'an alarm by a rule that is not configured here: kept as an event only')
      return
    }
    const { grade, value, action, version } = body
    const { limit, decimals, rows, windowMs, sum, coverage } = body.evidence
    const evidence = {
      decimals,
      limit,
      rows,
      ...(windowMs !== undefined && { windowMs }),
      ...(sum !== undefined && { sum }),
      ...(coverage !== undefined && { coverage }),
    }
    const verdict = { at, grade, value, evidence, ...(action && { action }) }
    await reviseIncidents(
      trx,
      { rule, version, source: 'gateway', added: [{ verdict, isRetrospective: false }], withdrawn: [] },
      recorded,
    )
  }

  #tell({ kind, id, device }: SiteEvent): string[] {
    this.#log.warn({ kind, id, device }, 'an event whose body is not of its kind: kept as it is, not applied')
    return []
  }
}

async function ownerOf(trx: Kysely<RecordTables>, device: string): Promise<string | null> {
  const row = await trx.selectFrom('device').select('gateway').where('id', '=', device).executeTakeFirst()
  return row?.gateway ?? null
}
