import { test } from 'vitest'
import { lackOf } from './feature.ts'
import { fullDiskSuite } from './full-disk.ts'
import { PROOF_MS, proven } from './proven.fixture.ts'

test.skipIf(lackOf('mount') !== null)(
  'on a full disk a site goes on, keeps every alarm and event, and declares each reading that it gives up',
  async () => {
    await proven(fullDiskSuite)
  },
  PROOF_MS,
)
