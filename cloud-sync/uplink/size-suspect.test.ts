import { expect, test } from 'vitest'
import { SizeSuspect } from './size-suspect.ts'
import type { Sent } from './window.ts'

const sent = (first: number, bytes: number, more: Partial<Sent> = {}): Sent => ({
  lane: 'reading',
  first,
  last: first + 99,
  rows: 100,
  bytes,
  sentAt: 0,
  mark: { bytes: 0, at: 0 },
  isTaken: false,
  isPassed: false,
  ...more,
})

test('a batch at which two connections ended, larger than any that was acknowledged, bounds the size of all', () => {
  const suspect = new SizeSuspect()
  suspect.clear([sent(1, 700)])
  expect(suspect.judge([sent(101, 900), sent(201, 5000)])).toBeNull()
  expect(suspect.judge([sent(201, 5000)])).toEqual({ lane: 'reading', first: 201, bytesMax: 2500, isBound: true })
})

test('where as large a one went through before, it is the link, and only a batch that fails again and again is cut', () => {
  const suspect = new SizeSuspect()
  suspect.clear([sent(1, 6000)])
  const judged = Array.from({ length: 4 }, () => suspect.judge([sent(101, 5000)]))
  expect(judged).toEqual([null, null, null, { lane: 'reading', first: 101, bytesMax: 2500, isBound: false }])
})

test('a cloud that acknowledges nothing proves nothing about sizes; one that takes what is smaller does', () => {
  const [silent, choosy] = [new SizeSuspect(), new SizeSuspect()]
  for (const isPassed of [false, true]) {
    const suspect = isPassed ? choosy : silent
    suspect.judge([sent(1, 5000, { isTaken: true, isPassed })])
    expect(suspect.judge([sent(1, 5000, { isTaken: true, isPassed })])?.isBound).toBe(isPassed)
  }
})

test('an acknowledgement clears it, and a single row or the smallest piece is never cut', () => {
  const suspect = new SizeSuspect()
  suspect.judge([sent(1, 5000)])
  suspect.clear([sent(1, 5000)])
  expect(suspect.judge([sent(1, 5001)])).toBeNull()
  for (let times = 0; times < 5; times++) expect(suspect.judge([sent(9, 5000, { rows: 1 })])).toBeNull()
  for (let times = 0; times < 5; times++) expect(suspect.judge([sent(9, 500)])).toBeNull()
})
