import { expect, test } from 'vitest'
import { vectorsOf } from '#protocols/proof'
import { columnsOf, encodeGb18030, printable } from './printable.ts'

test.each(vectorsOf('esc-pos').filter(({ facts }) => facts?.gb18030 !== undefined))('$name', ({ facts }) => {
  expect(
    Buffer.from(encodeGb18030(String(facts?.text)))
      .toString('hex')
      .toUpperCase(),
  ).toBe(facts?.gb18030)
})

test('a yen sign is printed full-width, for its own code has four bytes', () => {
  expect(encodeGb18030('\u00a5')).toHaveLength(4)
  expect(printable('\u00a59.90')).toEqual({ text: '\uffe59.90', replaced: [] })
})

test('a character that printers lack is replaced and told', () => {
  expect(printable('2 m² 😀 㐂😀')).toEqual({ text: '2 m2 □ □□', replaced: ['²', '😀', '㐂'] })
})

test('what has no width leaves no gap', () => {
  expect(printable('茶\u200d\ufe0f叶')).toEqual({ text: '茶叶', replaced: ['\u200d', '\ufe0f'] })
})

test('text never carries a command', () => {
  expect(printable('菜\u001bp\u0000\r\n完\u007f')).toEqual({ text: '菜p\n完', replaced: ['\u001b', '\u0000', '\u007f'] })
})

test('a Chinese character is two columns, a letter one', () => {
  expect(columnsOf('西红柿 1kg')).toBe(10)
})
