import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Point, pointWidth, REGISTER_TYPES } from '#devices'
import { planBlocks } from './block-plan.ts'

const point = (differs: Partial<Point>): Point => ({
  table: 'input',
  address: 0,
  type: 'u16',
  words: 'ABCD',
  scale: 1,
  offset: 0,
  decimals: 0,
  unit: '',
  meaning: 'gauge',
  every: '60s',
  ...differs,
})
const shapes = (points: Record<string, Point>, block: number, hole: number) =>
  planBlocks(points, { block, hole }).map(({ table, address, count }) => [table, address, count])

test('neighbours share a read, across holes as large as the profile allows', () => {
  const points = { a: point({ type: 'u32' }), b: point({ address: 2 }), c: point({ address: 10 }) }
  expect(shapes(points, 125, 0)).toEqual([
    ['input', 0, 3],
    ['input', 10, 1],
  ])
  expect(shapes(points, 125, 7)).toEqual([['input', 0, 11]])
  expect(shapes(points, 10, 7)).toEqual([
    ['input', 0, 3],
    ['input', 10, 1],
  ])
})

test('tables are read apart, bits sixteen to a register', () => {
  const points = {
    coil: point({ table: 'coil', type: 'bit' }),
    far: point({ table: 'coil', type: 'bit', address: 31 }),
    discrete: point({ table: 'discrete', type: 'bit' }),
    held: point({ table: 'holding' }),
  }
  expect(shapes(points, 2, 2)).toEqual([
    ['coil', 0, 32],
    ['discrete', 0, 1],
    ['holding', 0, 1],
  ])
  expect(shapes(points, 1, 2)).toHaveLength(4)
})

test('bits of one register, and a point inside another, are read once', () => {
  const points = {
    door: point({ type: 'bit', bit: 7, address: 5 }),
    mains: point({ type: 'bit', bit: 0, address: 5 }),
    word: point({ type: 'u64', address: 4 }),
  }
  const [block, ...others] = planBlocks(points, { block: 125, hole: 0 })
  expect(others).toEqual([])
  expect(block).toMatchObject({ address: 4, count: 4 })
  expect(block?.points.map(({ name, from }) => [name, from])).toEqual([
    ['word', 0],
    ['door', 1],
    ['mains', 1],
  ])
})

test('a point wider than the limit is read alone and whole', () => {
  expect(shapes({ a: point({ type: 'u32' }), b: point({ address: 2 }) }, 1, 10)).toEqual([
    ['input', 0, 2],
    ['input', 2, 1],
  ])
})

const pointSets = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,3}$/),
  fc.record({ address: fc.integer({ min: 0, max: 30 }), type: fc.constantFrom(...REGISTER_TYPES) }).map(point),
  { minKeys: 1, maxKeys: 7 },
)

test('every point lies whole in just one block within the limits', () => {
  fc.assert(
    fc.property(pointSets, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 8 }), (points, block, hole) => {
      const blocks = planBlocks(points, { block, hole })
      expect(blocks.flatMap((each) => each.points.map(({ name }) => name)).sort()).toEqual(Object.keys(points).sort())
      for (const { address, count, points: members } of blocks) {
        const widest = Math.max(...members.map((member) => pointWidth(member.point)))
        expect(count).toBeLessThanOrEqual(Math.max(block, widest))
        for (const { point: member, from } of members) {
          expect(from).toBe(member.address - address)
          expect(from + pointWidth(member)).toBeLessThanOrEqual(count)
        }
      }
    }),
  )
})

/** The fewest windows of the block's length that hold each interval, holes not mattering, by trying every choice. */
function fewest(points: readonly Point[], block: number): number {
  const first = [...points].sort((a, b) => a.address - b.address)[0]
  if (first === undefined) return 0
  // Some window holds the first point; it may as well start there and hold any choice of what fits.
  const fitting = points.filter(
    (other) => other !== first && other.address + pointWidth(other) <= first.address + Math.max(block, pointWidth(first)),
  )
  let best = Number.POSITIVE_INFINITY
  for (let choice = 0; choice < 1 << fitting.length; choice++) {
    const taken = new Set([first, ...fitting.filter((_, index) => (choice >> index) & 1)])
    best = Math.min(
      best,
      1 +
        fewest(
          points.filter((other) => !taken.has(other)),
          block,
        ),
    )
  }
  return best
}

test('no plan has fewer reads', () => {
  const few = pointSets.filter((points) => Object.keys(points).length <= 5)
  fc.assert(
    fc.property(few, fc.integer({ min: 4, max: 20 }), (points, block) => {
      expect(planBlocks(points, { block, hole: 120 })).toHaveLength(fewest(Object.values(points), block))
    }),
  )
})
