import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Bell } from '#devices/time'
import { LANES, type Lane } from '#wire'
import type { Outbox, OutgoingBatch } from './outbox.ts'
import { Picker } from './picker.ts'
import { Window } from './window.ts'

const CREDIT = 4 * 1024 * 1024
const ROW_BYTES = 10

/** An outbox in memory that seals as a journal does: a batch is what it was, until it is sealed anew. */
class SealingOutbox implements Outbox {
  readonly epoch = '0123456789abcdef'
  readonly boot = 'boot'
  readonly sealed: Record<Lane, [first: number, last: number][]> = { alarm: [], event: [], reading: [] }
  readonly #rows: Record<Lane, Set<number>> = { alarm: new Set(), event: new Set(), reading: new Set() }
  readonly #issued: Record<Lane, number> = { alarm: 0, event: 0, reading: 0 }

  add(lane: Lane, count: number): void {
    for (let row = 0; row < count; row++) this.#rows[lane].add(++this.#issued[lane])
  }
  get lanes(): Outbox['lanes'] {
    const of = (lane: Lane) => ({
      issued: this.#issued[lane],
      oldest: [...this.#rows[lane]][0] ?? 0,
      waiting: this.#rows[lane].size,
    })
    return { alarm: of('alarm'), event: of('event'), reading: of('reading') }
  }
  async next(lane: Lane, after: number, until = Number.POSITIVE_INFINITY, rowsMax = 1000, bytesMax = 65_536) {
    const seq = [...this.#rows[lane]].find((row) => row > after)
    if (seq === undefined || seq > until) return null
    let mark = this.sealed[lane].find(([first, last]) => first <= seq && last >= seq)
    if (!mark) {
      const following = Math.min(until, ...this.sealed[lane].filter(([first]) => first > seq).map(([first]) => first - 1))
      const rows = [...this.#rows[lane]].filter((row) => row >= seq && row <= following)
      const taken = rows.slice(0, Math.min(rowsMax, Math.max(1, Math.floor(bytesMax / ROW_BYTES))))
      mark = [seq, taken.at(-1) ?? seq]
      this.sealed[lane].push(mark)
    }
    const [first, last] = mark
    const rows = [...this.#rows[lane]].filter((row) => row >= first && row <= last).length
    return { lane, first, last, rows, bytes: new Uint8Array(rows * ROW_BYTES) }
  }
  async reseal(): Promise<void> {}
  async settle(): Promise<void> {}
  async renew(): Promise<void> {}
  free({ lane, first, last }: OutgoingBatch): void {
    for (let seq = first; seq <= last; seq++) this.#rows[lane].delete(seq)
  }
  onCommit(): Disposable {
    return { [Symbol.dispose]: () => {} }
  }
}

/** The sending end of one connection after the other, without a network: what is sent is under way until it is acknowledged. */
class Sender {
  readonly outbox = new SealingOutbox()
  readonly clock = { at: 0, mono: () => this.clock.at }
  underWay: OutgoingBatch[] = []
  window = new Window()
  picker = this.#open()

  connect(): void {
    this.underWay = []
    this.window = new Window()
    this.picker = this.#open()
  }
  async take(): Promise<OutgoingBatch | null> {
    for (let looks = 0; looks < 3; looks++) {
      const batch = await this.picker.pick()
      if (batch) {
        this.window.add(batch, this.clock.mono())()
        this.underWay.push(batch)
        return batch
      }
      await new Promise(setImmediate)
    }
    return null
  }
  acknowledge(index: number): void {
    const [batch] = this.underWay.splice(index % Math.max(1, this.underWay.length), 1)
    if (!batch) return
    this.outbox.free(batch)
    this.window.settle(batch.lane, [[batch.first, batch.last]], CREDIT, this.clock.mono())
  }
  expire(): void {
    const expired = this.window.expire(this.clock.mono() + 20_000)
    this.underWay = []
    for (const { lane, first } of expired) this.picker.goBack(lane, first)
  }
  #open(): Picker {
    const { outbox, clock, window } = this
    return new Picker({ outbox, clock, window, bell: new Bell(), isDraining: () => true, bytesMax: () => 65_536 })
  }
}

test('whatever is acknowledged, lost or cut off, every row goes in the end, in one batch, and each share in its order', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('offer' as const), lane: fc.constantFrom(...LANES), count: fc.integer({ min: 1, max: 900 }) }),
    fc.record({ kind: fc.constant('take' as const) }),
    fc.record({ kind: fc.constant('take' as const) }),
    fc.record({ kind: fc.constant('acknowledge' as const), index: fc.nat(20) }),
    fc.record({ kind: fc.constantFrom('expire', 'connect', 'invite') }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const sender = new Sender()
      let last: Record<string, number> = {}
      const check = (batch: OutgoingBatch | null) => {
        if (!batch) return
        const share = sender.picker.shareOf(batch) ?? batch.lane
        expect(batch.first).toBeGreaterThan(last[share] ?? 0)
        last[share] = batch.last
      }
      for (const move of steps) {
        sender.clock.at += 7
        if (move.kind === 'offer') sender.outbox.add(move.lane, move.count)
        else if (move.kind === 'take') check(await sender.take())
        else if (move.kind === 'acknowledge') sender.acknowledge(move.index)
        else {
          last = {}
          if (move.kind === 'expire') sender.expire()
          else if (move.kind === 'connect') sender.connect()
          else for (const lane of LANES) sender.picker.goBack(lane, 0)
        }
      }
      last = {}
      sender.expire()
      for (let batch = await sender.take(); batch; batch = await sender.take()) {
        check(batch)
        sender.clock.at += 7
        while (sender.underWay.length > 0) sender.acknowledge(0)
      }
      for (const lane of LANES) {
        expect(sender.outbox.lanes[lane].waiting).toBe(0)
        const sealed = sender.outbox.sealed[lane].toSorted(([a], [b]) => a - b)
        for (const [index, [first]] of sealed.entries()) expect(first).toBe((sealed[index - 1]?.[1] ?? 0) + 1)
      }
    }),
    { numRuns: 150 },
  )
}, 60_000)

/** Bytes of each share once the rate is known, over a link that carries 4 KiB in half a second while so many fresh rows come. */
async function shares(freshRows: number): Promise<{ fresh: number; backlog: number }> {
  const sender = new Sender()
  sender.outbox.add('reading', 50_000)
  sender.connect()
  const bytes = { fresh: 0, backlog: 0 }
  let carried = 0
  for (let round = 0; round < 200; round++) {
    sender.outbox.add('reading', freshRows)
    sender.clock.at += 500
    for (let batch = await sender.take(); batch; batch = await sender.take()) {
      const share = sender.picker.shareOf(batch)
      if (share && round >= 50) bytes[share] += batch.bytes.length
    }
    for (carried += 4096; (sender.underWay[0]?.bytes.length ?? carried + 1) <= carried; ) {
      carried -= sender.underWay[0]?.bytes.length ?? 0
      sender.acknowledge(0)
    }
  }
  return bytes
}

test('where both want more than the link carries, a fifth is the backlog and the rest is fresh', async () => {
  const { fresh, backlog } = await shares(1000)
  expect(backlog / (fresh + backlog)).toBeGreaterThan(0.17)
  expect(backlog / (fresh + backlog)).toBeLessThan(0.23)
})

test('what fresh readings leave is the backlog', async () => {
  const { fresh, backlog } = await shares(100)
  expect(fresh).toBeGreaterThan(100 * ROW_BYTES * 140)
  expect(backlog).toBeGreaterThan(1.5 * fresh)
})

test('a reading that may not go holds no event back, and goes later', async () => {
  const sender = new Sender()
  sender.outbox.add('reading', 10)
  sender.connect()
  await sender.picker.pick()
  await new Promise(setImmediate)
  sender.window.settle('reading', [], 0, 0)
  sender.outbox.add('event', 1)
  expect(await sender.take()).toMatchObject({ lane: 'event' })
  expect(await sender.take()).toBeNull()
  sender.window.settle('reading', [], CREDIT, 0)
  sender.acknowledge(0)
  expect(await sender.take()).toMatchObject({ lane: 'reading', first: 1, last: 10 })
})
