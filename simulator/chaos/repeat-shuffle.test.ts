import { expect, test } from 'vitest'
import { PROOF_MS, proven } from './proven.fixture.ts'
import { repeatShuffleSuite } from './repeat-shuffle.ts'

test(
  'batches that come twice and in any order leave the same in every store, and raise no alert again',
  async () => {
    const [run] = await proven(repeatShuffleSuite)
    expect(run?.row.issued).toBeGreaterThan(20_000)
  },
  PROOF_MS,
)
