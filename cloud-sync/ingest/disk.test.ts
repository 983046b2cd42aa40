import { randomBytes } from 'node:crypto'
import Database from 'better-sqlite3'
import pino from 'pino'
import { expect, test } from 'vitest'
import { Inbox, Ingest } from '#cloud/ingest'
import { type Disk, openEmbeddedSeries, openRecords } from '#cloud/store'
import { wallClock } from '#devices'
import type { Connection } from '#mqtt'
import { type Ack, decodeAck, encodeBatch, isInvitation } from '#wire'

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

test('a disk that is full costs no row: gateways are told to keep what they have, and are asked again when there is room', async () => {
  const disk = memoryDisk()
  let isFull = false
  const guarded: Disk = {
    open(file, options) {
      const db = disk.open(file, options)
      if (file !== 'inbox.db') return db
      const pages = () => Number(db.pragma('page_count', { simple: true }))
      const limit = (count: number) => db.pragma(`max_page_count = ${count}`)
      return Object.assign(db, {
        transaction: (
          (transaction) =>
          (...input: Parameters<typeof transaction>) => {
            limit(isFull ? pages() : 1_000_000)
            return transaction(...input)
          }
        )(db.transaction.bind(db)),
      })
    },
  }
  const acks: Ack[] = []
  const clock = wallClock()
  const begun = Promise.withResolvers<(topic: string, payload: Uint8Array, isRetained: boolean) => void>()
  await using records = await openRecords('records.db', disk)
  await using series = await openEmbeddedSeries('series.db', disk)
  await using ingest = await Ingest.start({
    brokerUrl: 'sim://',
    inboxFile: 'inbox.db',
    disk: guarded,
    records,
    series,
    rules: [],
    // Waits are short.
    clock: { ...clock, after: (ms, call) => clock.after(ms / 100, call) },
    log,
    connect: async ({ onMessage }): Promise<Connection> => ({
      closed: new AbortController().signal,
      async subscribe(name) {
        if (name.endsWith('/up')) begun.resolve(onMessage)
      },
      async publish(_, payload) {
        acks.push(decodeAck(Buffer.from(payload)))
      },
      abort() {},
      async [Symbol.asyncDispose]() {},
    }),
  })
  const send = await begun.promise
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
  }
  const event = { id: 'e', kind: 'gateway.started', at: Date.UTC(2026, 6, 1), body: { big: randomBytes(20_000).toString('hex') } }
  const bytes = encodeBatch({
    gateway: 'g',
    epoch: '0123456789abcdef',
    lane: 'event',
    first: 1,
    last: 1,
    rows: [{ seq: 1, event }],
  })
  isFull = true
  send('sluice/1/g/up', bytes, false)
  await until(() => acks.some(({ credit }) => credit === 0))
  expect(acks.every(({ ranges }) => ranges.length === 0)).toBe(true)
  isFull = false
  await until(() => acks.some((ack) => isInvitation(ack) && ack.credit > 0))
  send('sluice/1/g/up', bytes, false)
  await until(() => acks.some(({ ranges }) => ranges.length === 1))
  expect(ingest.state.inbox).toMatchObject({ newest: 1, fault: null })
})
