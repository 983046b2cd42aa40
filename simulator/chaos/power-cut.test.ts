import { expect, test } from 'vitest'
import { lackOf } from './feature.ts'
import { powerCutSuite } from './power-cut.ts'
import { PROOF_MS, proven } from './proven.fixture.ts'

test.skipIf((lackOf('mount') ?? lackOf('ext4')) !== null)(
  'a power cut takes no row that a journal accepted, where a careless writer loses what it wrote',
  async () => {
    const [run] = await proven(powerCutSuite)
    expect(run?.row).toMatchObject({ faults: 3 })
  },
  PROOF_MS,
)
