import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Steps, Thinning, type ThinRow } from './thinning.ts'

const value = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: -50, max: 50 }) }, fc.constant(null), fc.constant('t'))
const series = fc.array(fc.tuple(fc.nat(3), value), { minLength: 1, maxLength: 1500 })
const SPAN = 100

/** Rows that stay of some series, thinned in blocks of any size. */
function stay(rows: readonly ThinRow[], blockRows: number, steps: Steps): ThinRow[] {
  const thinning = new Thinning()
  const gone = new Set<number>()
  for (let start = 0; start < rows.length; start += blockRows) {
    const thinned = thinning.take(rows.slice(start, start + blockRows), () => steps)
    for (const { seq } of thinned.dropped) {
      expect(gone.has(seq)).toBe(false)
      gone.add(seq)
    }
    thinned.keep()
  }
  return rows.filter(({ seq }) => !gone.has(seq))
}

const rowsOf = (values: readonly (readonly [number, ThinRow['value']])[]): ThinRow[] =>
  values.map(([id, cell], index) => ({ seq: index + 1, series: id, at: index, value: cell }))
const numbersOf = (rows: readonly ThinRow[]) => rows.flatMap((row) => (typeof row.value === 'number' ? [row.value] : []))

test('of each series one row in ten stays, and the lowest and highest of each hundred, wherever blocks are cut', () => {
  fc.assert(
    fc.property(series, fc.integer({ min: 1, max: 300 }), (values, blockRows) => {
      const rows = rowsOf(values)
      const stayed = new Set(stay(rows, blockRows, 'none'))
      for (const own of Map.groupBy(rows, (row) => row.series).values()) {
        expect(own.every((row, index) => index % 10 !== 0 || stayed.has(row))).toBe(true)
        for (let start = 0; start < own.length; start += SPAN) {
          const span = own.slice(start, start + SPAN)
          const left = span.filter((row) => stayed.has(row))
          expect(left.length).toBeLessThanOrEqual(Math.ceil(span.length / 10) + 2)
          const [all, kept] = [numbersOf(span), numbersOf(left)]
          if (all.length > 0) expect([Math.min(...kept), Math.max(...kept)]).toEqual([Math.min(...all), Math.max(...all)])
        }
      }
    }),
  )
})

test('of a counter each new value stays the first time, and where it falls the second time', () => {
  fc.assert(
    fc.property(series, fc.integer({ min: 1, max: 300 }), (values, blockRows) => {
      const rows = rowsOf(values)
      for (const steps of ['all', 'falls'] as const) {
        const stayed = new Set(stay(rows, blockRows, steps))
        for (const own of Map.groupBy(rows, (row) => row.series).values()) {
          let last: ThinRow['value'] = null
          for (const row of own) {
            const isStep = last !== null && row.value !== null && row.value !== last
            const isFall = typeof last === 'number' && typeof row.value === 'number' && row.value < last
            if (steps === 'all' ? isStep : isFall) expect(stayed.has(row)).toBe(true)
            last = row.value ?? last
          }
        }
      }
    }),
  )
})

test('what was forgotten stays: it may have been sent', () => {
  const thinning = new Thinning()
  const rows = rowsOf([
    [0, 5],
    [0, 9],
    [0, 6],
    [0, 10],
  ])
  thinning.take(rows.slice(0, 3), () => 'none').keep()
  thinning.forget()
  expect(thinning.take(rows.slice(3), () => 'none').dropped).toEqual([])
})
