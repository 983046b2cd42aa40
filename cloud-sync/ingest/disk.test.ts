import Database from 'better-sqlite3'
import pino from 'pino'
import { expect, test } from 'vitest'
import { Inbox, Ingest } from '#cloud/ingest'
import { type Disk, openEmbeddedSeries, openRecords } from '#cloud/store'
import { wallClock } from '#devices'
import type { Connection } from '#mqtt'
import { type Ack, decodeAck, encodeBatch } from '#wire'

const log = pino({ enabled: false })

/** A disk in memory: a file is an image, and what is closed is kept as one. */
function memoryDisk(): Disk & { images: Map<string, Buffer> } {
  const images = new Map<string, Buffer>()
  return {
    images,
    open(file) {
      const image = images.get(file)
      const db = image === undefined ? new Database(':memory:') : new Database(image)
      const close = db.close.bind(db)
      return Object.assign(db, {
        close: () => {
          if (db.open) images.set(file, db.serialize())
          return close()
        },
      })
    },
  }
}

test('the whole ingest runs on a disk and a network that are passed in, and goes on from their images', async () => {
  const disk = memoryDisk()
  const bytes = encodeBatch({
    gateway: 'g',
    epoch: '0123456789abcdef',
    lane: 'event',
    first: 1,
    last: 1,
    rows: [{ seq: 1, event: { id: 'e', kind: 'gateway.started', at: Date.UTC(2026, 6, 1), body: {} } }],
  })
  for (const duplicates of [0, 1]) {
    const acked = Promise.withResolvers<Ack>()
    await using records = await openRecords('records.db', disk)
    await using series = await openEmbeddedSeries('series.db', disk)
    await using ingest = await Ingest.start({
      brokerUrl: 'sim://',
      inboxFile: 'inbox.db',
      disk,
      soon: queueMicrotask,
      records,
      series,
      rules: [],
      clock: wallClock(),
      log,
      connect: async ({ onMessage }): Promise<Connection> => ({
        closed: new AbortController().signal,
        async subscribe(name) {
          if (name.endsWith('/up')) onMessage('sluice/1/g/up', bytes, false)
        },
        async publish(_, payload) {
          acked.resolve(decodeAck(Buffer.from(payload)))
        },
        abort() {},
        async [Symbol.asyncDispose]() {},
      }),
    })
    expect((await acked.promise).ranges).toEqual([[1, 1]])
    expect(ingest.state.inbox).toMatchObject({ newest: 1, duplicates })
  }
  using inbox = new Inbox('inbox.db', { ...disk, readonly: true })
  expect(inbox.after(0, 10)).toHaveLength(1)
})
