import { expect, test } from 'vitest'
import { PROOF_MS, proven } from './proven.fixture.ts'
import { restoreSuite } from './restore.ts'

test(
  'a disk that is restored or cloned is noticed, and costs no row',
  async () => {
    const runs = await proven(restoreSuite)
    expect(runs.map(({ row }) => [row.id, row.faults])).toEqual([
      ['T09-restored', 1],
      ['T09-cloned', 1],
    ])
  },
  PROOF_MS,
)
