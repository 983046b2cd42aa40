import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addRange, countOf, mergeRanges, missingFrom, type Ranges, rangesOf } from '#wire'

const interval = fc
  .tuple(fc.integer({ min: 1, max: 60 }), fc.nat(9))
  .map(([first, length]): [number, number] => [first, first + length])
const seqsOf = (ranges: Ranges) =>
  ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index))

test('ranges hold exactly the seqs that were added, merged and in order', () => {
  fc.assert(
    fc.property(fc.array(interval), (intervals) => {
      const ranges = intervals.reduce<Ranges>((sum, [first, last]) => addRange(sum, first, last), [])
      const expected = [...new Set(seqsOf(intervals))].sort((a, b) => a - b)
      expect(ranges).toEqual(rangesOf(expected))
      expect(mergeRanges(intervals)).toEqual(ranges)
      expect(countOf(ranges)).toBe(expected.length)
    }),
  )
})

test('what is missing and what is there make the whole', () => {
  fc.assert(
    fc.property(fc.array(interval), (intervals) => {
      const ranges = intervals.reduce<Ranges>((sum, [first, last]) => addRange(sum, first, last), [])
      const there = seqsOf(ranges).filter((seq) => seq <= 50)
      expect([...there, ...seqsOf(missingFrom(ranges, 1, 50))].sort((a, b) => a - b)).toEqual(
        Array.from({ length: 50 }, (_, index) => index + 1),
      )
    }),
  )
})
