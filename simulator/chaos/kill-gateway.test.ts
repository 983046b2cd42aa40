import { expect, test } from 'vitest'
import { killGatewaySuite } from './kill-gateway.ts'
import { PROOF_MS, proven } from './proven.fixture.ts'

test(
  'a gateway that is killed at any moment loses no row that its journal accepted, and doubles none',
  async () => {
    const [run] = await proven(killGatewaySuite)
    expect(run?.row).toMatchObject({ faults: 5 })
  },
  PROOF_MS,
)
