import { expect, test } from 'vitest'
import { flippedBitSuite } from './flipped-bit.ts'
import { PROOF_MS, proven } from './proven.fixture.ts'

test(
  'a bit that flips in a journal at rest changes no value, and every row that does not arrive is declared lost',
  async () => {
    const [run] = await proven(flippedBitSuite)
    expect(run?.row).toMatchObject({ faults: 6 })
  },
  PROOF_MS,
)
