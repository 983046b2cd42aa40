import { closeSync, existsSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { openRecords } from '#cloud/store'
import type { ChaosCloud } from './chaos-cloud.ts'
import type { ChaosRun } from './chaos-row.ts'
import type { Site } from './site.ts'
import { drain, pause, prove, type Stage, type SuiteOptions } from './suite.ts'
import { until } from './until.ts'

/** Each gateway's journal is met by one flipped bit. */
const GATEWAYS = { short: 3, full: 20 }
/** Rounds by where the bits lie. */
const PLACES = {
  short: ['journal.db', 'journal.db-wal'],
  full: Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? 'journal.db' : 'journal.db-wal')),
} as const
const ROWS_PER_SECOND = 200
/** How long rows gather while the cloud is away. */
const GATHER_MS = { short: 1500, full: 3000 }
const SETTLE_MS = 30_000
const IDLE_MS = 1500
const DRAIN_MS = 90_000
/** What a gateway tells of a journal that is not as it was. */
const TELLING = ['loss', 'journal.damaged', 'journal.renewed']

/**
 * T08: while a gateway that holds rows is off, one bit of its journal or of the log beside it flips. It starts all the same, every row that
 * arrives says what it said, and every row that does not is declared lost.
 */
export async function* flippedBitSuite(options: SuiteOptions, stop: AbortSignal): AsyncGenerator<ChaosRun, void, undefined> {
  const { size } = options
  yield await prove('T08', options, stop, async (stage) => {
    const cloud = await stage.cloud()
    const troubles: string[] = []
    let faults = 0
    for (const [round, place] of PLACES[size].entries()) {
      if (stop.aborted) break
      const gateways = Array.from({ length: GATEWAYS[size] }, (_, index) => `flip-${round}-${index}`)
      const site = stage.site({ name: `round-${round}`, gateways, broker: cloud.brokerUrl, rate: 0, series: 3 })
      await gather(stage, { cloud, site, place, ms: GATHER_MS[size] })
      for (const gateway of gateways) flip(join(site.data(gateway), place), stage.random)
      faults += gateways.length
      await cloud.start('ingest', stop)
      await site.start().catch((error: Error) => troubles.push(`round ${round}, ${place}: ${error.message}`))
      const isSent = await until(() => site.waiting === 0, DRAIN_MS, stop)
      if (!isSent) troubles.push(`round ${round}, ${place}: expected all rows to go out, ${site.waiting} wait still`)
      await site.stop()
    }
    const drained = await drain(cloud, [], DRAIN_MS, stop)
    const told = await tellingOf(cloud)
    return {
      faults,
      notes: [
        `${told} of ${faults} flips were told by the gateway, the others met nothing that was of use any more`,
        'at rest: of the last second before a kill the mark knows no number',
      ],
      troubles: [...troubles, ...drained.troubles],
    }
  })
}

interface Gathering {
  readonly cloud: ChaosCloud
  readonly site: Site
  readonly place: string
  readonly ms: number
}

/** Leaves every gateway off, with rows that the cloud, which is away, has never seen. */
async function gather({ stop }: Stage, { cloud, site, place, ms }: Gathering): Promise<void> {
  await site.start()
  // The cloud knows the journal by its epoch before it goes away.
  await until(() => site.isConnected, SETTLE_MS, stop)
  site.feed(ROWS_PER_SECOND)
  await pause(ms / 3, stop)
  await cloud.kill('ingest')
  await pause(ms, stop)
  site.feed(0)
  let seen = -1
  await until(
    async () => {
      const isStill = site.accepted === seen && seen > 0
      seen = site.accepted
      return isStill
    },
    SETTLE_MS,
    stop,
  )
  // Idle: what it has given out is marked by now.
  await pause(IDLE_MS, stop)
  // A planned stop writes the log into the file; one that is killed leaves it beside it.
  if (place === 'journal.db') await site.stop()
  else await site.kill()
}

/** Flips one bit anywhere in the file. */
function flip(file: string, random: () => number): void {
  if (!existsSync(file)) throw new Error(`expected ${file} to be there`)
  const handle = openSync(file, 'r+')
  try {
    const at = Math.floor(random() * fstatSync(handle).size)
    const byte = Buffer.alloc(1)
    readSync(handle, byte, 0, 1, at)
    byte.writeUInt8(byte.readUInt8() ^ (1 << Math.floor(random() * 8)))
    writeSync(handle, byte, 0, 1, at)
  } finally {
    closeSync(handle)
  }
}

async function tellingOf({ files }: ChaosCloud): Promise<number> {
  await using records = await openRecords(files.records, { readonly: true })
  const rows = await records.db.selectFrom('event').select('gateway').distinct().where('kind', 'in', TELLING).execute()
  return rows.length
}
