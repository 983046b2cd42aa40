import { expect, test } from 'vitest'
import { badConfigurationSuite } from './bad-configuration.ts'
import { lackOf } from './feature.ts'
import { PROOF_MS, proven } from './proven.fixture.ts'

test.skipIf(lackOf('strace') !== null)(
  'a wrong configuration is refused by file and line before a port is opened, and what runs goes on',
  async () => {
    const [run] = await proven(badConfigurationSuite)
    expect(run?.row).toMatchObject({ faults: 4 })
  },
  PROOF_MS,
)
