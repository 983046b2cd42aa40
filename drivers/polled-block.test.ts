import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Point } from '#devices'
import type { Block } from './block-plan.ts'
import { planBlocks } from './block-plan.ts'
import { type BlockCounts, DOUBT_MS_MIN, HOLE_MS_MAX, HOLE_MS_MIN, type Part, PolledBlock, REFUSALS_MAX } from './polled-block.ts'

const HOUR_MS = 3_600_000
const plain: Point = {
  table: 'holding',
  address: 0,
  type: 'u16',
  words: 'ABCD',
  scale: 1,
  offset: 0,
  decimals: 0,
  unit: '',
  meaning: 'gauge',
  every: '60s',
}

function blockOf(points: Record<string, Partial<Point>>, hole = 0): Block {
  const all = Object.fromEntries(Object.entries(points).map(([name, differs]) => [name, { ...plain, ...differs }]))
  const [block, ...others] = planBlocks(all, { block: 125, hole })
  if (block === undefined || others.length > 0) throw new Error('expected one block')
  return block
}
/** Registers from 0 on, a point each. */
const row = (count: number): Record<string, Partial<Point>> =>
  Object.fromEntries(Array.from({ length: count }, (_, address) => [`p${address}`, { address }]))

/** A device that refuses reads that touch what is illegal, and what polling a block of it brings. */
class Rig {
  readonly counts: BlockCounts = { divisions: 0, holes: 0, probes: 0, healed: 0 }
  readonly polled: PolledBlock
  illegal = new Set<number>()
  countMax = 125
  isGiving = true
  now = 0

  constructor(block: Block) {
    this.polled = new PolledBlock(block, this.counts)
  }

  /** One round: what was asked, as `address+count`, and the points that were read. */
  round(): { asked: string[]; good: string[]; bad: string[] } {
    const asked: string[] = []
    const good: string[] = []
    const bad: string[] = []
    const namesOf = (part: Part) => part.points.map(({ name }) => name)
    const { ask, resting } = this.polled.turn(this.now)
    const work = [...ask]
    for (let part = work.shift(); part !== undefined; part = work.shift()) {
      const { request } = part.query
      if (!('address' in request) || !('count' in request)) throw new Error('expected a read')
      const { address, count } = request
      asked.push(`${address}+${count}`)
      const touched = Array.from({ length: count }, (_, index) => address + index)
      if (count <= this.countMax && !touched.some((each) => this.illegal.has(each))) {
        this.polled.read(part)
        good.push(...namesOf(part))
        continue
      }
      const refused = this.polled.refused(part, this.now, this.isGiving)
      if ('instead' in refused) work.unshift(...refused.instead)
      else bad.push(...namesOf(part))
    }
    return { asked, good, bad: [...bad, ...resting.flatMap(namesOf)] }
  }
}

test('a refused read is cut in two until what is refused stands alone, and the others are read in the same round', () => {
  const rig = new Rig(blockOf(row(8)))
  rig.illegal.add(5)
  expect(rig.round()).toEqual({
    asked: ['0+8', '0+4', '4+4', '4+2', '4+1', '5+1', '6+2'],
    good: ['p0', 'p1', 'p2', 'p3', 'p4', 'p6', 'p7'],
    bad: ['p5'],
  })
  expect(rig.counts).toEqual({ divisions: 3, holes: 1, probes: 0, healed: 0 })
})

test('from then on what lies on either side of a hole is one read, and the hole is not asked', () => {
  const rig = new Rig(blockOf(row(8)))
  rig.illegal.add(5)
  rig.round()
  expect(rig.round()).toEqual({ asked: ['0+5', '6+2'], good: ['p0', 'p1', 'p2', 'p3', 'p4', 'p6', 'p7'], bad: ['p5'] })
})

test('a hole is asked again after an hour, then after twice as long each time, up to a day', () => {
  const rig = new Rig(blockOf(row(2)))
  rig.illegal.add(1)
  rig.round()
  const probed: number[] = []
  for (rig.now = 0; rig.now < 6 * HOLE_MS_MAX; rig.now += HOUR_MS / 2) if (rig.round().asked.includes('1+1')) probed.push(rig.now)
  expect(probed.slice(0, 7).map((at) => at / HOUR_MS)).toEqual([1, 3, 7, 15, 31, 55, 79])
  expect(rig.counts.holes).toBe(1)
  expect(rig.counts.probes).toBe(probed.length)
})

test('a hole that is given again is read at once, and the whole is one read again', () => {
  const rig = new Rig(blockOf(row(8)))
  rig.illegal.add(3)
  rig.round()
  rig.illegal.clear()
  rig.now += HOLE_MS_MIN
  expect(rig.round().bad).toEqual([])
  expect(rig.round().asked).toEqual(['0+8'])
  expect(rig.counts.healed).toBeGreaterThan(0)
  rig.illegal.add(3)
  expect(rig.round().bad).toEqual(['p3'])
})

test('one illegal value that noise made costs no point and is soon forgotten', () => {
  const rig = new Rig(blockOf(row(4)))
  rig.round()
  const [part] = rig.polled.turn(rig.now).ask
  if (part === undefined) throw new Error('expected a read')
  const refused = rig.polled.refused(part, rig.now, true)
  expect('instead' in refused && refused.instead).toHaveLength(2)
  expect(rig.round()).toMatchObject({ asked: ['0+2', '2+2'], bad: [] })
  rig.now += DOUBT_MS_MIN
  expect(rig.round()).toMatchObject({ asked: ['0+4'], bad: [] })
  rig.now += 1
  expect(rig.round().asked).toEqual(['0+4'])
  expect(rig.counts.holes).toBe(0)
})

test('what was ever read rests only after several refusals, and for a minute at first', () => {
  const rig = new Rig(blockOf(row(1)))
  rig.round()
  rig.illegal.add(0)
  for (let refusal = 1; refusal <= REFUSALS_MAX; refusal++) expect(rig.round()).toMatchObject({ asked: ['0+1'], bad: ['p0'] })
  expect(rig.round()).toEqual({ asked: [], good: [], bad: ['p0'] })
  rig.now += DOUBT_MS_MIN
  rig.illegal.clear()
  expect(rig.round()).toMatchObject({ asked: ['0+1'], good: ['p0'] })
})

test('a device that gives nothing yet is asked again after a minute: it may be starting', () => {
  const rig = new Rig(blockOf(row(2)))
  rig.isGiving = false
  rig.illegal = new Set([0, 1])
  rig.round()
  rig.now += DOUBT_MS_MIN
  rig.illegal.clear()
  expect(rig.round().good).toEqual(['p0', 'p1'])
})

test('registers between two points that are not there are read around, and no point is lost', () => {
  const rig = new Rig(blockOf({ a: {}, b: { address: 4 } }, 10))
  rig.illegal.add(2)
  expect(rig.round()).toMatchObject({ asked: ['0+5', '0+1', '4+1'], bad: [] })
  expect(rig.round()).toMatchObject({ asked: ['0+1', '4+1'], bad: [] })
  rig.now += HOLE_MS_MIN
  expect(rig.round()).toMatchObject({ asked: ['0+5', '0+1', '4+1'], bad: [] })
  rig.now += HOLE_MS_MIN
  expect(rig.round()).toMatchObject({ asked: ['0+1', '4+1'], bad: [] })
})

test('a device that takes no reads of such a length is read in shorter ones', () => {
  const rig = new Rig(blockOf(row(100)))
  rig.countMax = 32
  rig.round()
  expect(rig.round()).toMatchObject({ asked: ['0+25', '25+25', '50+25', '75+25'], bad: [] })
})

test('points of one register are one thing, and a wide point is never cut', () => {
  const rig = new Rig(
    blockOf({
      bit0: { type: 'bit', bit: 0 },
      bit1: { type: 'bit', bit: 1 },
      wide: { address: 1, type: 'u32' },
      over: { address: 2 },
    }),
  )
  rig.illegal.add(0).add(1)
  expect(rig.round()).toMatchObject({ good: ['over'] })
  expect(rig.round()).toEqual({ asked: ['2+1'], good: ['over'], bad: ['bit0', 'bit1', 'wide'] })
})

test('whatever is illegal, the points that can be read are read from the first round on, and no more than one read a hole and neighbour is left', () => {
  const point = fc.record({ address: fc.integer({ min: 0, max: 60 }), type: fc.constantFrom('u16' as const, 'u32' as const) })
  fc.assert(
    fc.property(
      fc.array(point, { minLength: 1, maxLength: 30 }),
      fc.uniqueArray(fc.integer({ min: 0, max: 62 })),
      (points, illegal) => {
        const named = Object.fromEntries(points.map((differs, index) => [`p${index}`, differs]))
        const rig = new Rig(blockOf(named, 120))
        rig.illegal = new Set(illegal)
        const isLegal = ({ address, type }: (typeof points)[number]) =>
          !rig.illegal.has(address) && !(type === 'u32' && rig.illegal.has(address + 1))
        const expected = Object.keys(named).filter((_, index) => isLegal(points[index] ?? { address: 0, type: 'u16' }))
        const first = rig.round()
        expect(first.good.toSorted()).toEqual(expected.toSorted())
        expect(first.asked.length).toBeLessThan(2 * points.length)
        for (let turn = 0; turn < 3; turn++) {
          const { good, bad, asked } = rig.round()
          expect(good.toSorted()).toEqual(expected.toSorted())
          expect(good.length + bad.length).toBe(points.length)
          expect(asked.length).toBeLessThanOrEqual(points.length)
        }
        rig.illegal.clear()
        rig.now += HOLE_MS_MAX
        rig.round()
        expect(rig.round().asked).toHaveLength(1)
      },
    ),
  )
})
