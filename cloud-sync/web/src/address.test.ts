import { expect, test } from 'vitest'
import { FIND_LENGTH_MAX, plainAddress, readAddress, writeAddress } from './address.ts'

test('a plain view has a plain address', () => {
  expect(writeAddress(plainAddress)).toBe('')
  expect(readAddress('')).toEqual(plainAddress)
})

test('a view is read back from the address it was written to', () => {
  const address = { station: '石桥 1', window: '3h', show: 'open', find: 'a&b=c', sort: 'worst', alert: 'x/y' } as const
  expect(readAddress(writeAddress(address))).toEqual(address)
})

test('what an address says wrongly is as if it were not said', () => {
  expect(readAddress('?window=9h&show=some&sort=best&more=1')).toEqual(plainAddress)
  expect(readAddress(`?find=${'x'.repeat(FIND_LENGTH_MAX + 5)}`).find).toHaveLength(FIND_LENGTH_MAX)
})
