import { expect, test } from 'vitest'
import { flapSuite } from './flap.ts'
import { PROOF_MS, proven } from './proven.fixture.ts'

test(
  'a link that flaps costs no row and brings no storm of connections',
  async () => {
    const [run] = await proven(flapSuite)
    expect(run?.row).toMatchObject({ faults: 4 })
  },
  PROOF_MS,
)
