import { expect, test } from 'vitest'
import { columnsOf, decodeEscPos, encodeEscPos, escPos, type Job, type Part, printJob } from '#protocols/receipts'

const partly = (part: Part, paper: 58 | 80 = 58) => printJob({ paper, parts: [part] }).commands.slice(2)
const linesOf = (part: Part, paper: 58 | 80 = 58) =>
  partly(part, paper).flatMap((command) => (command.name === 'text' ? [command.text] : []))

const CODE = '37020000100034000127'
const item = (name: string, kg: string, price: string, amount: string): Part => ({
  part: 'columns',
  cells: [
    { text: name },
    { text: kg, width: 7, align: 'right' },
    { text: price, width: 7, align: 'right' },
    { text: amount, width: 8, align: 'right' },
  ],
})
const receipt = (paper: 58 | 80): Job => ({
  paper,
  parts: [
    { part: 'text', text: '台东农贸市场', align: 'center', bold: true, width: 2, height: 2 },
    { part: 'text', text: '摊位 A-12  王秀兰', align: 'center' },
    { part: 'text', text: '2026-03-14 07:42:05' },
    { part: 'rule' },
    item('品名', '公斤', '单价', '金额'),
    item('西红柿', '1.250', '6.80', '8.50'),
    item('本地散养土鸡蛋', '0.775', '12.60', '9.77'),
    item('猪前腿肉(去骨)', '2.310', '31.00', '71.61'),
    { part: 'rule' },
    { part: 'columns', cells: [{ text: '合计' }, { text: '\u00a589.88', align: 'right', width: 12 }], bold: true },
    { part: 'text', text: `追溯码 ${CODE}` },
    { part: 'qr', data: `https://example.org/t/${CODE}`, align: 'center' },
    { part: 'code128', data: CODE, align: 'center', shown: true },
    { part: 'feed', lines: 2 },
    { part: 'cut', cut: 'partial' },
  ],
})

test('a trace receipt is legible on 58 mm paper, its columns under each other', () => {
  const { bytes, replaced } = printJob(receipt(58))
  const { commands, text } = decodeEscPos(bytes)
  expect(text).toBe(
    [
      '台东农贸市场',
      '摊位 A-12  王秀兰',
      '2026-03-14 07:42:05',
      '--------------------------------',
      '品名         公斤   单价    金额',
      '西红柿      1.250   6.80    8.50',
      '本地散养土  0.775  12.60    9.77',
      '鸡蛋',
      '猪前腿肉(   2.310  31.00   71.61',
      '去骨)',
      '--------------------------------',
      '合计                     ￥89.88',
      '追溯码 37020000100034000127',
      '\n\n',
    ].join('\n'),
  )
  const rows = text
    .split('\n')
    .slice(4, 12)
    .filter((line) => /\d\.\d\d$|金额$/.test(line))
  expect(rows.map(columnsOf)).toEqual(Array(5).fill(32))
  expect(commands).toEqual(
    expect.arrayContaining([
      { name: 'qr-data', data: `https://example.org/t/${CODE}` },
      expect.objectContaining({ name: 'barcode', symbology: 'code-128', len: 12 }),
      expect.objectContaining({ name: 'cut', cut: 'partial' }),
    ]),
  )
  expect(replaced).toEqual([])
  expect(encodeEscPos(commands)).toEqual(bytes)
})

test('the same receipt uses the width of 80 mm paper', () => {
  const lines = decodeEscPos(printJob(receipt(80)).bytes).text.split('\n')
  expect(lines).toContain('本地散养土鸡蛋              0.775  12.60    9.77')
  expect(lines).toContain('-'.repeat(48))
})

test('the bytes are those of a Chinese-market printer: Kanji mode on, no code page', () => {
  const { commands, bytes } = printJob({ paper: 58, parts: [{ part: 'text', text: '追溯 \u00a59' }] })
  expect(Buffer.from(bytes).toString('hex')).toBe('1b401c26d7b7cbdd20a3a4390a')
  expect(commands.map(({ name }) => name)).not.toContain('code-page')
})

test('a style is set before its text and taken back behind it', () => {
  const style = { align: 'right', bold: true, underline: true, invert: true, width: 2, height: 3 } as const
  const named = ['align', 'bold', 'underline', 'kanji-underline', 'invert', 'size'] as const
  expect(partly({ part: 'text', text: 'A', ...style })).toEqual([
    ...[2, 1, 1, 1, 1, 0x12].map((n, index) => ({ name: named[index], n })),
    { name: 'text', text: 'A' },
    { name: 'line-feed' },
    ...named.toReversed().map((name) => ({ name, n: 0 })),
  ])
  expect(partly({ part: 'text', text: 'A\n\nB' })).toEqual([
    { name: 'text', text: 'A' },
    { name: 'line-feed' },
    { name: 'line-feed' },
    { name: 'text', text: 'B' },
    { name: 'line-feed' },
  ])
})

test('long text goes on in the next line: at spaces, between Chinese characters, and within a word only if it must', () => {
  expect(linesOf({ part: 'text', text: 'the quick brown fox jumps over the lazy dog' })).toEqual([
    'the quick brown fox jumps over',
    'the lazy dog',
  ])
  expect(linesOf({ part: 'text', text: '一二三四五六七八九十甲乙丙丁戊己庚辛' })).toEqual([
    '一二三四五六七八九十甲乙丙丁戊己',
    '庚辛',
  ])
  expect(linesOf({ part: 'text', text: `a ${'x'.repeat(70)}` })).toEqual(['a', 'x'.repeat(32), 'x'.repeat(32), 'xxxxxx'])
  expect(linesOf({ part: 'text', text: `${'x'.repeat(32)}   y` })).toEqual(['x'.repeat(32), 'y'])
  expect(linesOf({ part: 'text', text: '大字大字大', width: 4 })).toEqual(['大字大字', '大'])
})

test('a rule is as wide as the paper, whatever it is made of', () => {
  expect(linesOf({ part: 'rule', character: '=' })).toEqual(['='.repeat(32)])
  expect(linesOf({ part: 'rule', character: '—' })).toEqual(['—'.repeat(16)])
})

test('cells without a width share what is left', () => {
  const cells = [{ text: 'a' }, { text: 'b' }, { text: 'c', width: 9, align: 'center' as const }]
  expect(linesOf({ part: 'columns', cells })).toEqual(['a          b               c'])
  expect(() => partly({ part: 'columns', cells: [{ text: 'a', width: 31 }, { text: 'b' }] })).toThrow(/parts\/0: .*31 \+ 1/)
  expect(() => partly({ part: 'columns', cells: [{ text: 'a', width: 40 }] })).toThrow(RangeError)
})

test('what the printer has no glyph for is replaced, and told with its part', () => {
  const { replaced, bytes } = printJob({
    paper: 58,
    parts: [
      { part: 'text', text: '好' },
      { part: 'columns', cells: [{ text: '㐂' }, { text: '5 m²' }] },
    ],
  })
  expect(replaced).toEqual([{ part: 1, characters: ['㐂', '²'] }])
  expect(decodeEscPos(bytes).text).toBe('好\n□              5 m2\n')
})

test('a name cannot open the drawer', () => {
  const { bytes, replaced } = printJob({ paper: 58, parts: [{ part: 'text', text: '菜\u001bp\u0000\u0019\u00fa' }] })
  expect(decodeEscPos(bytes).commands.map(({ name }) => name)).toEqual(['initialize', 'kanji-on', 'text', 'line-feed'])
  expect(replaced[0]?.characters).toContain('\u001b')
})

test('digits go in pairs into Code 128, so that a trace code fits the narrow paper', () => {
  const data = (text: string) =>
    partly({ part: 'code128', data: text, module: 1 }).flatMap((command) => (command.name === 'barcode' ? [command.data] : []))[0]
  expect(data(CODE)).toBe(`{C${String.fromCharCode(37, 2, 0, 0, 10, 0, 34, 0, 1, 27)}`)
  expect(data('A{1')).toBe('{BA{{1')
  expect(data('LOT2024-12345')).toBe('{BLOT{C\u0014\u0018{B-{C\u000c\u0022{B5')
  expect(() => partly({ part: 'code128', data: 'ABCDEFGHIJKLMNOP' })).toThrow(/parts\/0: expected at most 384 dots/)
  expect(partly({ part: 'code128', data: 'ABCDEFGHIJKLMNOP' }, 80)).toHaveLength(4)
})

test('a QR code has the largest modules up to 6 dots that the paper holds, and is refused where it would not be printed', () => {
  const size = (data: string, more: { level?: 'L' | 'H'; module?: number } = {}, paper: 58 | 80 = 58) =>
    partly({ part: 'qr', data, ...more }, paper).flatMap((command) => (command.name === 'qr-size' ? [command.size] : []))[0]
  // Versions 1, 9 and 10 at level M: 29, 61 and 65 modules with their margins.
  expect(size('x'.repeat(14))).toBe(6)
  expect(size('x'.repeat(180))).toBe(6)
  expect(size('x'.repeat(181))).toBe(5)
  expect(size('码'.repeat(60))).toBe(6)
  expect(size('码'.repeat(61))).toBe(5)
  expect(size('x'.repeat(586), { level: 'L' })).toBe(4)
  expect(size('x'.repeat(586), { level: 'L' }, 80)).toBe(6)
  expect(size('x', { module: 13, level: 'H' })).toBe(13)
  expect(() => size('x', { module: 14, level: 'H' })).toThrow('29 modules of 14')
  expect(() => size('x'.repeat(251), { level: 'H' })).toThrow('at most 250 bytes')
})

test('EAN-13 has its check digit made or checked', () => {
  const made = (data: string) => partly({ part: 'ean13', data, align: 'center', height: 80 })
  expect(made('313063057461')).toEqual([
    { name: 'align', n: 1 },
    { name: 'barcode-height', n: 80 },
    { name: 'barcode-width', n: 2 },
    { name: 'barcode-text', n: 0 },
    { name: 'barcode', type: 2, data: '3130630574613' },
    { name: 'align', n: 0 },
  ])
  expect(made('3130630574613')).toEqual(made('313063057461'))
  expect(() => made('3130630574610')).toThrow('expected check digit 3')
})

test('an image goes in bands, and must fit', () => {
  const image = (width: number, rows: number): Part => ({ part: 'image', width, data: 'a5'.repeat(Math.ceil(width / 8) * rows) })
  expect(partly(image(17, 130)).map((command) => (command.name === 'raster' ? [command.widthBytes, command.rows] : []))).toEqual([
    [3, 128],
    [3, 2],
  ])
  expect(() => partly(image(385, 1))).toThrow('384 dots')
  expect(() => partly({ part: 'image', width: 16, data: 'a5' })).toThrow('rows of 2 bytes')
})

test('the drawer, the cutter and the feed have their usual bytes', () => {
  const bytes = (part: Part) => Buffer.from(printJob({ paper: 58, parts: [part] }).bytes.subarray(4)).toString('hex')
  expect(bytes({ part: 'drawer', pin: 2 })).toBe('1b700032fa')
  expect(bytes({ part: 'drawer', pin: 5, onMs: 20, offMs: 40 })).toBe('1b70010a14')
  expect(bytes({ part: 'cut', cut: 'full' })).toBe('1d564100')
  expect(bytes({ part: 'cut', cut: 'partial' })).toBe('1d564200')
  expect(bytes({ part: 'feed', lines: 3 })).toBe('1b6403')
})

test('the front door prints a job too, and says what is wrong with it', () => {
  expect(escPos.encode?.(receipt(58))).toEqual(printJob(receipt(58)).bytes)
  const refused = (parts: unknown) => expect(() => escPos.encode?.({ paper: 58, parts }))
  refused([{ part: 'ean13', data: '3130630574610' }]).toThrow(expect.objectContaining({ code: 'malformed' }))
  refused(7).toThrow(/\/parts/)
  refused([{ part: 'dance' }]).toThrow(/\/parts\/0/)
})

test('a bug is not taken for a part that does not fit', () => {
  const fail = () => {
    throw new TypeError('a bug')
  }
  const part = Object.defineProperty({ part: 'text' as const, text: '' }, 'text', { get: fail })
  expect(() => printJob({ paper: 58, parts: [part] })).toThrow(TypeError)
})
