import { expect, test } from 'vitest'
import { siteClock } from './site-clock.ts'

test('the site clock knows nothing until it is set, then runs at the site’s speed on the machine’s clock', () => {
  let mono = 1_000
  const clock = siteClock(() => mono)
  expect(clock.now()).toBeNull()
  clock.set(50_000, 60)
  mono = 2_500
  expect(clock.now()).toBe(50_000 + 1_500 * 60)
  clock.set(7, 1)
  expect(clock.now()).toBe(7)
})
