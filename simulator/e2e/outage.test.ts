import { expect, test } from 'vitest'
import type { ServedPoint } from '#simulator'
import { notResumed, splitInMemory } from './outage.ts'

const served = (t: number, device = 'd'): ServedPoint => ({ t, at: t, device, point: 'p', value: 1 })
const outages = [{ from: 10_000, to: 10_020 }]
const inMemory = (lost: readonly ServedPoint[], found: readonly ServedPoint[] = []) =>
  splitInMemory(lost, found, outages).inMemory.map(({ t }) => t)

test('the last answers before the end, and those on their way in it, were in memory', () => {
  expect(inMemory([served(9_950), served(10_010), served(10_030)], [served(9_500), served(11_000)])).toEqual([
    9_950, 10_010, 10_030,
  ])
})

test('an answer that is older than a commit takes, or that a started successor asked for, is lost', () => {
  expect(inMemory([served(9_000), served(10_300)])).toEqual([])
  expect(splitInMemory([served(9_950)], [], []).lost).toHaveLength(1)
})

test('an answer before another of the same device that did arrive is lost', () => {
  expect(inMemory([served(9_900), served(9_990)], [served(9_950)])).toEqual([9_990])
  expect(inMemory([served(9_900)], [served(9_950, 'e')])).toEqual([9_900])
})

test('a device that is not read again soon after an outage is named, unless the run ended meanwhile', () => {
  const points = [served(9_000), served(10_600), served(9_000, 'e'), served(10_100, 'e')]
  expect(notResumed(points, outages, 30_000)).toEqual(['e was not read within 15 s after the gateway was ended'])
  expect(notResumed(points, outages, 12_000)).toEqual([])
})
