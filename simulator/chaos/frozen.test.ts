import { test } from 'vitest'
import { frozenSuite } from './frozen.ts'
import { proven } from './proven.fixture.ts'

test('a subscriber that stops reading costs the healthy ones no message', async () => {
  await proven(frozenSuite)
})
