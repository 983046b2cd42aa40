import { expect, test } from 'vitest'
import { simulate } from './simulation.ts'

/** Enough for every kind of fault to meet every other a few times. */
const SEEDS = 200
const PARTS = 4

const partOf = (part: number) => Array.from({ length: SEEDS / PARTS }, (_, index) => 1 + part + index * PARTS)

test.each(Array.from({ length: PARTS }, (_, part) => part))(
  'nothing is lost, doubled, altered or stuck on any seed of part %i',
  async (part) => {
    const failed: string[] = []
    let issued = 0
    for (const seed of partOf(part)) {
      const run = await simulate(seed)
      issued += run.issued
      if (run.differences.length > 0) failed.push(`seed ${seed}: ${run.differences.join('; ')}`)
    }
    expect(failed).toEqual([])
    expect(issued).toBeGreaterThan(10_000)
  },
  300_000,
)

test('a seed is one run: the same counts at the same moments', async () => {
  const [run, again, other] = [await simulate(5), await simulate(5), await simulate(6)]
  expect(again).toEqual(run)
  expect(other.digest).not.toBe(run.digest)
})

test('it would see a loss: on disks that do not keep what they say they keep, rows are missing', async () => {
  const runs = []
  for (let seed = 1; seed <= 12; seed++) runs.push(await simulate(seed, { isSynced: false }))
  expect(runs.some(({ lost }) => lost > 0)).toBe(true)
  expect(runs.filter(({ lost }) => lost > 0).every(({ differences }) => differences.length > 0)).toBe(true)
}, 60_000)
