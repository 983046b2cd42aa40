import { expect, test } from 'vitest'
import { floodSuite } from './flood.ts'
import { proven } from './proven.fixture.ts'

test('strangers who flood the broker cost it no memory and the others nothing', async () => {
  const [run] = await proven(floodSuite)
  expect(run?.row.faults).toBeGreaterThan(20)
})
