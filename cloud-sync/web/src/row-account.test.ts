import { expect, test } from 'vitest'
import { accountsOf } from './row-account.ts'

const lane = {
  gateway: 'b',
  lane: 'reading',
  issued: 10,
  received: 7,
  refused: 1,
  carried: 0,
  declaredLost: 2,
  missing: [],
} as const

test('a gateway has one account over its lanes and epochs, and who misses rows comes first', () => {
  const missing = {
    ...lane,
    gateway: 'c',
    declaredLost: 0,
    missing: [
      [2, 2],
      [9, 9],
    ],
  } as const
  expect(
    accountsOf({
      ok: false,
      gateways: [{ ...lane, gateway: 'a', declaredLost: 0, received: 9 }, lane, { ...lane, lane: 'event' }, missing],
    }),
  ).toEqual([
    { gateway: 'c', issued: 10, received: 7, refused: 1, carried: 0, declaredLost: 0, missing: 2 },
    { gateway: 'b', issued: 20, received: 14, refused: 2, carried: 0, declaredLost: 4, missing: 0 },
    { gateway: 'a', issued: 10, received: 9, refused: 1, carried: 0, declaredLost: 0, missing: 0 },
  ])
})
