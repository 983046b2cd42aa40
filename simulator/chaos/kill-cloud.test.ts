import { expect, test } from 'vitest'
import { killCloudSuite } from './kill-cloud.ts'
import { PROOF_MS, proven } from './proven.fixture.ts'

test(
  'an ingest and a broker that are killed in turn lose nothing that gateways accepted, and double nothing',
  async () => {
    const [run] = await proven(killCloudSuite)
    expect(run?.row).toMatchObject({ faults: 4 })
  },
  PROOF_MS,
)
