import { expect, test } from 'vitest'
import { clockStepsSuite } from './clock-steps.ts'
import { PROOF_MS, proven } from './proven.fixture.ts'

test(
  'a clock that is set costs no row, and each has its true time',
  async () => {
    const [run] = await proven(clockStepsSuite)
    expect(run?.row).toMatchObject({ faults: 5 })
  },
  PROOF_MS,
)
