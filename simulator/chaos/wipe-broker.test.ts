import { expect, test } from 'vitest'
import { PROOF_MS, proven } from './proven.fixture.ts'
import { wipeBrokerSuite } from './wipe-broker.ts'

test(
  'a broker that forgets all that it knew costs no row',
  async () => {
    const runs = await proven(wipeBrokerSuite)
    expect(runs.map(({ row }) => [row.id, row.faults])).toEqual([
      ['T05-embedded', 2],
      ['T05-mosquitto', 2],
    ])
  },
  PROOF_MS,
)
