import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { dump, encoder } from '#protocols/codec'

test('an encoder tells a wrong value by its place', () => {
  const encode = encoder(Type.Object({ unit: Type.Integer() }), ({ unit }) => Uint8Array.of(unit))
  expect(encode({ unit: 3, note: 'more is welcome' })).toEqual(Uint8Array.of(3))
  expect(() => encode({ unit: 'x' })).toThrow(
    expect.objectContaining({ code: 'malformed', message: expect.stringContaining('/unit') }),
  )
  expect(() => encode(1)).toThrow(expect.objectContaining({ code: 'malformed', message: expect.stringContaining('the value') }))
})

test('a number that does not fit is malformed, a bug is a bug', () => {
  const encode = encoder(Type.Integer(), (value) => {
    throw value === 1 ? new RangeError('expected less') : new TypeError('a bug')
  })
  expect(() => encode(1)).toThrow(expect.objectContaining({ code: 'malformed', message: 'expected less' }))
  expect(() => encode(2)).toThrow(TypeError)
})

test('a dump shows every byte once, named where it has a name', () => {
  const fields = [
    { from: 1, to: 2, name: 'function', value: '3' },
    { from: 2, to: 20, name: 'data', value: 'a\u001b[2J' },
  ]
  expect(
    dump(
      Uint8Array.from({ length: 21 }, (_, index) => index),
      fields,
    ),
  ).toBe(
    [
      '0000  00',
      '0001  01                                               function  3',
      '0002  02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F 10 11  data      a\\x1b[2J',
      '0012  12 13',
      '0014  14',
    ].join('\n'),
  )
})
