import { expect, test } from 'vitest'
import { lackOf } from './feature.ts'
import { influxFaultsSuite } from './influx-faults.ts'
import { PROOF_MS, proven } from './proven.fixture.ts'

test.skipIf((lackOf('mount') ?? lackOf('influxd')) !== null)(
  'an InfluxDB that is frozen, filled up and wiped holds in the end what the site told',
  async () => {
    const [run] = await proven(influxFaultsSuite)
    expect(run?.row).toMatchObject({ faults: 3 })
  },
  PROOF_MS,
)
