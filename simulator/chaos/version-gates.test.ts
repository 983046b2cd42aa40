import { test } from 'vitest'
import { PROOF_MS, proven } from './proven.fixture.ts'
import { versionGatesSuite } from './version-gates.ts'

test(
  'an unsafe SQLite, a journal that is not synced and files of a newer version are refused by name',
  async () => {
    await proven(versionGatesSuite)
  },
  PROOF_MS,
)
