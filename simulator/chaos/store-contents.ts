import { createHash } from 'node:crypto'
import { openSqlite } from '#cloud/store'

/**
 * Everything that a user may see of a cloud's stores, each in an order of its own; without what tells when the machine
 * wrote it, and without the evidence of alerts, which is what was known when they were told.
 */
const QUERIES = {
  values: {
    store: 'series',
    text: `select s.device, s.point, v.at, v.n, v.value, v.is_state, v.quality, v.reason, v.received, p.hash
      from value v join series s on s.id = v.series join profile p on p.id = v.profile order by 1, 2, 3, 4`,
  },
  events: {
    store: 'records',
    text: 'select gateway, epoch, lane, seq, kind, at, device, body, received from event order by 1, 2, 3, 4',
  },
  latest: {
    store: 'records',
    text: 'select device, point, at, n, value, quality, reason, received, hash from latest order by 1, 2',
  },
  incidents: {
    store: 'records',
    text: `select rule, family, station, device, point, state, grade, action, peak, opened_at, cleared_at from incident
      where state <> 'withdrawn' order by opened_at, rule`,
  },
  changes: {
    store: 'records',
    text: `select i.rule, i.opened_at, c.at, c.kind, c.grade, c.action, c.value, c.rule_version, c.sources
      from incident_change c join incident i on i.id = c.incident where c.withdrawn is null order by 1, 3, 4`,
  },
} as const satisfies Readonly<Record<string, { readonly store: 'series' | 'records'; readonly text: string }>>

/** How many rows each has, and a hash of them all. */
export type StoreContents = Readonly<Record<keyof typeof QUERIES, { readonly rows: number; readonly hash: string }>>

/** Reads the stores of a cloud that writes no more. */
export function contentsOf(files: { readonly series: string; readonly records: string }): StoreContents {
  const read = (name: keyof typeof QUERIES) => {
    const { store, text } = QUERIES[name]
    using opened = new DisposableStack()
    const db = opened.adopt(openSqlite(files[store], { readonly: true }), (file) => file.close())
    const hash = createHash('sha256')
    let rows = 0
    for (const row of db.prepare<[], unknown[]>(text).raw().iterate()) {
      rows += 1
      hash.update(JSON.stringify(row))
    }
    return { rows, hash: hash.digest('hex') }
  }
  return {
    values: read('values'),
    events: read('events'),
    latest: read('latest'),
    incidents: read('incidents'),
    changes: read('changes'),
  }
}
