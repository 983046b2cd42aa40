import { expect, test } from 'vitest'
import type { OutgoingBatch } from './outbox.ts'
import { ACK_WAIT_MS, Window } from './window.ts'

const CREDIT = 4 * 1024 * 1024
const batchOf = (first: number, bytes: number): OutgoingBatch => ({
  lane: 'reading',
  first,
  last: first,
  rows: 1,
  bytes: new Uint8Array(bytes),
})

/** A link that carries so many bytes a millisecond and then takes so long; acknowledgements come together, a few at a time. */
function run(link: { readonly bytesPerMs: number; readonly tripMs: number; readonly together: number }, forMs: number) {
  const window = new Window()
  const onWay: { readonly seq: number; readonly at: number }[] = []
  let [seq, freeAt, carried] = [0, 0, 0]
  let most = 0
  for (let now = 0; now < forMs; now++) {
    while (window.fits('reading', 1000)) {
      seq += 1
      window.add(batchOf(seq, 1000), now)()
      freeAt = Math.max(freeAt, now) + 1000 / link.bytesPerMs
      onWay.push({ seq, at: freeAt + link.tripMs })
    }
    if (now > forMs / 2) most = Math.max(most, window.bytes)
    const there = onWay.filter(({ at }) => at <= now)
    const isWaitedFor = there.length < Math.min(link.together, onWay.length)
    if (there.length === 0 || isWaitedFor) continue
    for (const { seq: one } of onWay.splice(0, there.length)) {
      window.settle('reading', [[one, one]], CREDIT, now)
      if (now > forMs / 2) carried += 1000
    }
  }
  return { window, most, share: carried / (link.bytesPerMs * (forMs / 2)) }
}

test('on a thin link no more is under way than it carries in the time that an alarm may wait, also where acknowledgements come together', () => {
  const { window, most, share } = run({ bytesPerMs: 8, tripMs: 40, together: 4 }, 60_000)
  expect(most).toBeLessThanOrEqual(8 * (1500 + 40 + 1000))
  expect(share).toBeGreaterThan(0.9)
  expect(window.batchBytes).toBe(4096)
})

test('a long way is filled, however little of it is waiting time', () => {
  const { share, window } = run({ bytesPerMs: 50, tripMs: 2500, together: 1 }, 120_000)
  expect(share).toBeGreaterThan(0.8)
  expect(window.batchBytes).toBeGreaterThan(16_000)
})

test('the window opens by what was acknowledged, and begins again where a batch was lost', () => {
  const window = new Window()
  window.add(batchOf(1, 4000), 0)
  expect(window.fits('reading', 97)).toBe(false)
  window.settle('reading', [[1, 1]], CREDIT, 2)
  const opened = window.limit
  expect(opened).toBeGreaterThan(8000)
  window.add(batchOf(2, 4000), 3)
  expect(window.expire(3 + ACK_WAIT_MS).map(({ first }) => first)).toEqual([2])
  expect(window.limit).toBeLessThan(opened)
})

test('one batch is under way however large it is, events go without credit, and alarms whenever they come', () => {
  const window = new Window()
  expect(window.fits('reading', 60_000)).toBe(true)
  window.add(batchOf(1, 60_000), 0)
  expect(window.hasRoom('event')).toBe(false)
  expect(window.fits('alarm', 60_000)).toBe(true)
  window.settle('reading', [[1, 1]], 0, 1)
  expect(window.hasRoom('reading')).toBe(false)
  expect(window.hasRoom('event')).toBe(true)
})

test('a cloud that was full and says nothing more is asked with one batch after a while', () => {
  const window = new Window()
  window.settle('reading', [], 0, 5)
  window.expire(4 + ACK_WAIT_MS)
  expect(window.hasRoom('reading')).toBe(false)
  window.expire(5 + ACK_WAIT_MS)
  expect(window.fits('reading', 4000)).toBe(true)
  window.add(batchOf(1, 4000), 5 + ACK_WAIT_MS)
  expect(window.hasRoom('reading')).toBe(false)
})

test('only so many batches wait for the broker to take them', () => {
  const window = new Window()
  const takes = Array.from({ length: 16 }, (_, index) => window.add(batchOf(index + 1, 10), 0))
  expect(window.hasRoom('reading')).toBe(false)
  expect(window.untaken()).toHaveLength(16)
  takes[0]?.()
  expect(window.hasRoom('reading')).toBe(true)
})
