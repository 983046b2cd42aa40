import { test } from 'vitest'
import { poisonSuite } from './poison.ts'
import { proven } from './proven.fixture.ts'

test('what can never be stored is refused by name, and every good row around it is stored', async () => {
  await proven(poisonSuite)
}, 300_000)
