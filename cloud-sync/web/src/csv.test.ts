import { expect, test } from 'vitest'
import { csv } from './csv.ts'

test('a table starts with a byte order mark and ends each row with CRLF', () => {
  expect(
    csv([
      ['a', 'b'],
      [1, true],
    ]),
  ).toBe('\uFEFFa,b\r\n1,true\r\n')
})

test('nothing is an empty cell, zero is zero', () => {
  expect(csv([[null, 0, '']])).toBe('\uFEFF,0,\r\n')
})

test('commas, quotes and line ends stay inside their cell', () => {
  expect(csv([['a,b', 'say "x"', 'two\nlines']])).toBe('\uFEFF"a,b","say ""x""","two\nlines"\r\n')
})

test('a text that a spreadsheet would calculate is made harmless, a negative number stays one', () => {
  expect(csv([['=1+1', '+x', '@y', '-cmd', '-0.50', -3]])).toBe("\uFEFF'=1+1,'+x,'@y,'-cmd,-0.50,-3\r\n")
})
