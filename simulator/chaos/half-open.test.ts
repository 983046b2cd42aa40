import { expect, test } from 'vitest'
import { halfOpenSuite } from './half-open.ts'
import { PROOF_MS, proven } from './proven.fixture.ts'

test(
  'a link that takes nothing and says nothing is noticed, and costs no row',
  async () => {
    const [run] = await proven(halfOpenSuite)
    expect(run?.row).toMatchObject({ faults: 1 })
  },
  PROOF_MS,
)
