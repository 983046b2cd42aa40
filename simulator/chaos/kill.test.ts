import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { seededRandom } from '#simulator'
import { runTimed } from '#simulator/e2e'
import { stormRun } from './chaos-row.ts'
import { killMoments } from './kill.ts'
import { runChaos } from './run-chaos.ts'

const CLI = fileURLToPath(new URL('../../cli.ts', import.meta.url))

test('a gateway and a cloud that are killed in a storm lose nothing, double nothing and say nothing wrong', async () => {
  // Three hours of the storm in 15 s: its first alerts are among them, raised just after the gateway is back.
  const kills = [
    { part: 'gateway', share: 0.3 },
    { part: 'cloud', share: 0.75 },
  ] as const
  const result = await runTimed({ cli: CLI, for: 20_000, speed: 720, json: true, kills }, new AbortController().signal)
  const { row, notes } = stormRun('kill', kills.length, result)
  expect(row, notes.join('\n')).toMatchObject({ faults: 2, lost: 0, duplicate: 0, wrong: 0, pass: true })
  expect(row.issued).toBeGreaterThan(0)
  expect(row.stored).toBe(row.issued)
}, 180_000)

test('the same seed kills at the same moments, one in each part of the storm', () => {
  const moments = (seed: number) => killMoments('cloud', 5, seededRandom(seed)).map(({ share }) => share)
  expect(moments(7)).toEqual(moments(7))
  expect(moments(7)).not.toEqual(moments(8))
  expect(moments(7)).toEqual(moments(7).toSorted((a, b) => a - b))
})

test.each([
  ['an unknown suite', { suite: 'flood', seed: 1 }],
  ['a seed that is no number', { suite: 'kill', seed: Number.NaN }],
])('%s is called wrongly', async (_, options) => {
  expect(await runChaos({ cli: CLI, size: 'short', ...options }, new AbortController().signal)).toBe(2)
})
