import { expect, test } from 'vitest'
import { failingSyncSuite } from './failing-sync.ts'
import { lackOf } from './feature.ts'
import { PROOF_MS, proven } from './proven.fixture.ts'

test.skipIf(lackOf('strace') !== null)(
  'a journal whose sync fails loses no row that it accepted, goes on and tells it',
  async () => {
    const [run] = await proven(failingSyncSuite)
    expect(run?.row).toMatchObject({ faults: 4 })
  },
  PROOF_MS,
)
