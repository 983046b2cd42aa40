import type { InfluxClient } from './influx-client.ts'
import type { Instant } from './instant.ts'
import { AT_MAX, MEASUREMENT, timeOf } from './line.ts'
import { encodeName } from './name.ts'
import { columnsOf, LineReader } from './row-columns.ts'

/** Times of one device that lie nearer than this are asked for in one statement: what lies between them costs less than a statement more. */
const RUN_GAP_MS = 15 * 60_000
/** Statements of one request. */
const STATEMENTS_MAX = 50

/** Times of one device that one statement asks for. */
interface Run {
  readonly device: string
  readonly from: number
  to: number
  readonly instants: Map<number, Instant>
  readonly points: Set<string>
}

/** Reads into the instants what the store has of their points there. @throws StoreError `unavailable` */
export async function readStored(client: InfluxClient, instants: readonly Instant[]): Promise<void> {
  // What lies outside of InfluxDB's time is not there, and will be refused.
  const runs = runsOf(instants.filter(({ at }) => Math.abs(at) <= AT_MAX))
  for (let from = 0; from < runs.length; from += STATEMENTS_MAX) {
    const part = runs.slice(from, from + STATEMENTS_MAX)
    const statements = part.map(({ points, from: first, to }, index) => {
      const columns = [...points].map((point) => columnsOf(point)).join(', ')
      const when = `time >= ${timeOf(first)} AND time < ${timeOf(to + 1)}`
      return `SELECT "profile", "received", ${columns} FROM "${MEASUREMENT}" WHERE "device" = $d${index} AND ${when}`
    })
    const answers = await client.query(
      statements,
      Object.fromEntries(part.map(({ device }, index) => [`d${index}`, encodeName(device)])),
    )
    for (const [index, run] of part.entries()) {
      for (const table of answers[index] ?? []) {
        const reader = new LineReader(table, run.device, [...run.points])
        for (const line of table.values) {
          const time = reader.time(line)
          const hash = reader.hash(line)
          const received = reader.received(line) ?? 0
          run.instants.get(time[0])?.addStored(time[1], hash, received, reader.rows(line, time, hash, received))
        }
      }
    }
  }
}

function runsOf(instants: readonly Instant[]): Run[] {
  const runs: Run[] = []
  const ordered = instants.toSorted((a, b) => (a.device < b.device ? -1 : a.device > b.device ? 1 : a.at - b.at))
  for (const instant of ordered) {
    const { device, at, given } = instant
    let run = runs.at(-1)
    if (run === undefined || run.device !== device || at - run.to > RUN_GAP_MS) {
      run = { device, from: at, to: at, instants: new Map(), points: new Set() }
      runs.push(run)
    }
    run.to = at
    run.instants.set(at, instant)
    for (const { point } of given) run.points.add(point)
  }
  return runs
}
