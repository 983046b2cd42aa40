import { describe, expect, test } from 'vitest'
import { ApiError } from './api-error.ts'
import { flag, list, nullable, number, oneOf, optional, record, reported, text } from './check.ts'

const shape = record({ id: text, kind: oneOf(['a', 'b']), value: nullable(number), note: optional(text), on: flag })
const good = { id: 'x', kind: 'a', value: 1, on: true }

describe('an answer of the server', () => {
  test('is let through with the keys that the page reads and no others', () => {
    expect(shape({ ...good, more: 1 }, 'it')).toEqual({ ...good, note: undefined })
  })

  test('may say null, which is a value', () => {
    expect(shape({ ...good, value: null }, 'it').value).toBeNull()
    expect(reported(null, 'it')).toBeNull()
    expect([0, false, '', 1.5].map((value) => reported(value, 'it'))).toEqual([0, false, '', 1.5])
  })

  test.each([
    ['another type', { ...good, id: 1 }, 'it.id: expected a text, got 1'],
    ['an unknown word', { ...good, kind: 'c' }, 'it.kind: expected a or b, got "c"'],
    ['a missing key', { id: 'x', kind: 'a', value: 1 }, 'it.on: expected true or false, got nothing'],
    ['no object', null, 'it: expected an object, got null'],
    ['a number that is none', { ...good, value: 'NaN' }, 'it.value: expected a number, got "NaN"'],
  ])('with %s is refused, naming the place', (_, value, message) => {
    expect(() => shape(value, 'it')).toThrow(new ApiError('contract', message))
  })

  test('names the row of a list', () => {
    expect(() => list(number)([1, 'b'], 'rows')).toThrow('rows[1]: expected a number, got "b"')
    expect(() => list(number)({}, 'rows')).toThrow('rows: expected a list, got {}')
  })
})
