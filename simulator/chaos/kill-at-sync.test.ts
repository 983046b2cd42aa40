import { expect, test } from 'vitest'
import { lackOf } from './feature.ts'
import { killAtSyncSuite } from './kill-at-sync.ts'
import { PROOF_MS, proven } from './proven.fixture.ts'

test.skipIf(lackOf('strace') !== null)(
  'a gateway that is killed at a sync or a write loses no row that its journal accepted',
  async () => {
    const [run] = await proven(killAtSyncSuite)
    expect(run?.row).toMatchObject({ faults: 3 })
  },
  PROOF_MS,
)
