import { join } from 'node:path'
import pino from 'pino'
import { openRecords, type SeriesRow, type SeriesStore } from '#cloud/store'
import { wallClock } from '#devices'
import { Bell, processTimers } from '#devices/time'
import { encodeBatch, type JournalledReading } from '#wire'
import { Inbox } from './inbox.ts'
import { Owners } from './owners.ts'
import { Reader } from './reader.ts'
import { SeriesKeeper } from './series-keeper.ts'
import { SeriesWriter } from './series-writer.ts'

export const NOON = Date.UTC(2026, 6, 1, 4)
export const MINUTE = 60_000
export const HASH = '00112233445566aa'
const log = pino({ level: 'silent' })

/** Batches of `devices` × 2 points × `minutes`, a batch a device. */
export function batchesOf(
  devices: number,
  minutes: number,
  start = NOON,
): { readonly bytes: Uint8Array; readonly rows: readonly SeriesRow[] }[] {
  return Array.from({ length: devices }, (_, index) => {
    const device = `d${index}`
    const rows = Array.from({ length: minutes * 2 }, (__, row): JournalledReading => {
      const minute = Math.floor(row / 2)
      return {
        seq: row + 1,
        device,
        point: row % 2 ? 'rain' : 'level',
        at: start + minute * MINUTE,
        n: 0,
        hash: HASH,
        ...(minute % 50 === 7
          ? { value: null, quality: 'bad', reason: 'timeout' }
          : {
              value: minute * 10 + index,
              quality: minute % 60 === 9 ? 'suspect' : 'good',
              ...(minute % 60 === 9 && { reason: 'step' }),
            }),
        commit: { boot: 'b', journalled: start, mono: 0 },
      }
    })
    const batch = { gateway: 'g', epoch: '0123456789abcdef', lane: 'reading', first: 1, last: rows.length, rows } as const
    return {
      bytes: encodeBatch({
        ...batch,
        epoch: `0123456789${String(index).padStart(3, '0')}${String(((start - NOON) / MINUTE) % 1000).padStart(3, '0')}`,
      }),
      rows: rows.map(({ seq: _seq, commit: _commit, ...row }) => ({ ...row, received: start + index })),
    }
  })
}

/** The writer of a series store with its inbox, as the ingest has them, in a folder. */
export async function openWriter(folder: string, series: SeriesStore) {
  await using parts = new AsyncDisposableStack()
  const bell = new Bell()
  const inbox = parts.use(new Inbox(join(folder, 'inbox.db')))
  const records = parts.use(await openRecords(join(folder, 'records.db')))
  const owners = new Owners()
  const writer = await Reader.start({
    inbox,
    records,
    bell,
    limit: () => Number.POSITIVE_INFINITY,
    timers: processTimers,
    log,
    work: new SeriesWriter(series, records, owners),
  })
  const keeper = parts.use(
    SeriesKeeper.start({ inbox, records, series, owners, cursor: () => writer.cursor, clock: wallClock(), log, checkMs: 20 }),
  )
  parts.use(writer)
  const opened = parts.move()
  return {
    inbox,
    records,
    keeper,
    writer,
    take(batches: ReturnType<typeof batchesOf>) {
      for (const [index, { bytes, rows }] of batches.entries())
        inbox.take([{ gateway: 'g', bytes, received: rows[0]?.received ?? NOON + index }], 0)
      bell.ring()
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}
