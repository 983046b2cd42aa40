import { expect, test } from 'vitest'
import { readLetterAddress, writeLetterAddress } from './letter-address.ts'

test('an address is read as it was written', () => {
  const address = { kind: 'loss', gateway: '站 1&2', letter: 'loss-3' } as const
  expect(readLetterAddress(writeLetterAddress(address))).toEqual(address)
})

test('what is not said stands in no address, and what is not known is not said', () => {
  expect(writeLetterAddress({ kind: null, gateway: null, letter: null })).toBe('')
  expect(readLetterAddress('?kind=spam&other=1')).toEqual({ kind: null, gateway: null, letter: null })
})
