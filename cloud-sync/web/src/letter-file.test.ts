import { expect, test } from 'vitest'
import { buildFormat } from './format.ts'
import { laidOut, letterCsv, seqText, spacedHex } from './letter-file.ts'

const letter = {
  id: 'refused-1',
  kind: 'refused',
  at: Date.UTC(2026, 6, 1, 4),
  gateway: 'gw-01',
  epoch: 'e1',
  lane: 'reading',
  seqs: [
    [7, 8],
    [12, 12],
  ],
  count: 3,
  why: 'expected a point name',
  device: 'd1',
  point: null,
  from: null,
  to: null,
  topic: null,
  fenced: null,
  sample: '{"value":1}',
  bytes: null,
} as const

test('ranges read as people write them, and many are cut with a sign', () => {
  expect(seqText(letter.seqs)).toBe('7–8, 12')
  expect(seqText([...letter.seqs, [20, 20], [30, 31]], 3)).toBe('7–8, 12, 20, …')
  expect(seqText([])).toBe('')
})

test('a file names everything that is known of a letter', () => {
  const [head, row] = letterCsv([letter], buildFormat('en', 'Asia/Shanghai')).split('\r\n')
  expect(head?.split(',')).toHaveLength(15)
  expect(row).toBe('2026-07-01T12:00:00+08:00,refused,gw-01,e1,reading,"7-8, 12",3,d1,,,,expected a point name,,"{""value"":1}",')
})

test('what came is laid out for reading', () => {
  expect(laidOut('{"a":1}')).toBe('{\n  "a": 1\n}')
  expect(laidOut('{"a":')).toBe('{"a":')
  expect(spacedHex('ff00a1')).toBe('ff 00 a1')
})
