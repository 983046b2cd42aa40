import fc from 'fast-check'
import { expect, test } from 'vitest'
import { provesCodec } from '#protocols/proof'
import {
  BITMAP_BYTES_MAX,
  DOTS_PER_MM,
  decodeTspl,
  encodeTspl,
  LABEL_BYTES_MAX,
  TSPL_COMMAND_BYTES_MAX,
  TSPL_LINE_BYTES_MAX,
  type TsplCommand,
  tspl,
  tsplSplitter,
} from '#protocols/receipts'
import { encodeGb18030 } from './printable.ts'

const bytes = (...lines: readonly string[]) => encodeGb18030(lines.map((line) => `${line}\r\n`).join(''))
const hex = (line: string) => Buffer.from(bytes(line)).toString('hex')
const read = (line: string) => decodeTspl(bytes(line))[0]

const dots = fc.integer({ min: 0, max: 2000 })
const rotation = fc.constantFrom(0, 90, 180, 270)
const length = fc.integer({ min: 0, max: 9999 }).map((tenths) => tenths / 10)
const printed = fc.stringMatching(/^[ -~追溯码西红柿￥]{0,20}$/)
const unit = fc.constantFrom('mm', 'dot', 'inch')
const form = (name: string, parameters: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record({ name: fc.constant(name), ...parameters })
const commands = fc.oneof(
  form('SIZE', { width: length, height: length, unit }),
  form('GAP', { gap: length, offset: length, unit }),
  form('CLS', {}),
  form('TEXT', { x: dots, y: dots, font: fc.constant('TSS24.BF2'), rotation, xScale: dots, yScale: dots, text: printed }),
  form('BARCODE', {
    ...{ x: dots, y: dots, type: fc.constantFrom('128', 'EAN13', '39'), height: dots, readable: fc.constantFrom(0, 1, 2, 3) },
    ...{ rotation, narrow: dots, wide: dots, text: printed },
  }),
  form('QRCODE', {
    ...{ x: dots, y: dots, level: fc.constantFrom('L', 'M', 'Q', 'H'), cell: dots, mode: fc.constantFrom('A', 'M'), rotation },
    text: printed,
  }),
  form('PRINT', { sets: dots }),
  form('PRINT', { sets: dots, copies: dots }),
  form('DIRECTION', { direction: fc.constantFrom(0, 1), mirror: fc.constantFrom(0, 1) }),
  form('SPEED', { speed: fc.constantFrom(1.5, 2, 4) }),
  form('DENSITY', { density: fc.integer({ min: 0, max: 15 }) }),
  form('REFERENCE', { x: fc.integer({ min: -99, max: 99 }), y: dots }),
  form('BAR', { x: dots, y: dots, width: dots, height: dots }),
  form('BOX', { x: dots, y: dots, xEnd: dots, yEnd: dots, thickness: dots }),
  fc.uint8Array({ minLength: 0, maxLength: 30 }).map((data) => ({
    ...{ name: 'BITMAP', x: 3, y: 0, widthBytes: data.length, height: 1, mode: 0 },
    data: Buffer.from(data).toString('hex'),
  })),
)

provesCodec({
  codec: tspl,
  values: fc.array(commands, { minLength: 1, maxLength: 6 }).map((list) => ({ commands: list })),
  frames: [
    ...[
      'SIZE 40 mm,30 mm',
      'SIZE 4,3.5',
      'GAP 2 mm,0 mm',
      'SIZE 320 dot,240 dot',
      'CLS',
      'DIRECTION 1',
      'DIRECTION 1,0',
      'SPEED 1.5',
    ],
    ...['DENSITY 8', 'REFERENCE -8,0', 'BAR 0,40,320,2', 'BOX 0,0,319,239,2', 'PRINT 1', 'PRINT 1,2'],
    'TEXT 10,10,"TSS24.BF2",0,1,1,"追溯码：西红柿"',
    'TEXT 10,10,"TSS24.BF2",0,1,1,"一\\["]好\\["]的, 茶"',
    'BARCODE 10,150,"128",60,1,0,2,2,"37020000100034000127"',
    'QRCODE 200,20,M,5,A,0,"https://example.org/t/1"',
  ]
    .map(hex)
    .concat(Buffer.from('BITMAP 0,0,2,2,0,\r\n"\x1a\r\n', 'latin1').toString('hex')),
  isChecked: false,
  splitter: tsplSplitter,
  pendingMax: TSPL_COMMAND_BYTES_MAX,
  resync: '0d0a',
})

test('a price label is read as it was written', () => {
  const label: TsplCommand[] = [
    { name: 'SIZE', width: 40, height: 30, unit: 'mm' },
    { name: 'GAP', gap: 2, offset: 0, unit: 'mm' },
    { name: 'CLS' },
    ...[
      {
        name: 'TEXT',
        x: 1 * DOTS_PER_MM,
        y: 8,
        font: 'TSS24.BF2',
        rotation: 0,
        xScale: 1,
        yScale: 1,
        text: '西红柿 ￥6.80/kg',
      } as const,
    ],
    { name: 'PRINT', sets: 1 },
  ]
  expect(decodeTspl(encodeTspl(label))).toEqual(label)
  expect(Buffer.from(encodeTspl(label)).toString('latin1')).toContain('SIZE 40 mm,30 mm\r\nGAP 2 mm,0 mm\r\nCLS\r\n')
})

test('other spellings of the same are read: case, spaces, line ends, blank lines', () => {
  expect(read('size 40mm , 30 MM')).toEqual({ name: 'SIZE', width: 40, height: 30, unit: 'mm' })
  expect(decodeTspl(Buffer.from('\r\nCLS\n\nBar 1, 2 ,3,4 \n'))).toEqual([
    { name: 'CLS' },
    { name: 'BAR', x: 1, y: 2, width: 3, height: 4 },
  ])
  expect(decodeTspl(Buffer.from('BITMAP 1,2,1,1,0,\nX\n'.replace('\nX', 'X')))).toEqual([
    { name: 'BITMAP', x: 1, y: 2, widthBytes: 1, height: 1, mode: 0, data: '58' },
  ])
})

test('a picture holds any bytes, line ends and quotes too', () => {
  const [command] = decodeTspl(Buffer.from('BITMAP 0,0,2,2,1,\r\n"\x00\r\n', 'latin1'))
  expect(command).toMatchObject({ name: 'BITMAP', data: '0d0a2200' })
})

test.each([
  ['a command that TSPL has and this codec has not', 'SOUND 1,100', 'unsupported'],
  ['a line of nothing known', '你好', 'unsupported'],
  ['too many parameters', 'CLS 1', 'malformed'],
  ['too few', 'BAR 1,2,3', 'malformed'],
  ['quotes that do not close', 'TEXT 1,1,"3",0,1,1,"a', 'malformed'],
  ['text behind quotes', 'TEXT 1,1,"3",0,1,1,"a"b', 'malformed'],
  ['a rotation that is none', 'TEXT 1,1,"3",45,1,1,"a"', 'malformed'],
  ['a size that is none', 'SIZE wide,3', 'malformed'],
  ['a size without numbers', 'SIZE', 'malformed'],
  ['a picture beyond its limit', 'BITMAP 0,0,65535,65535,0,', 'malformed'],
  ['a line beyond its limit', 'x'.repeat(TSPL_LINE_BYTES_MAX), 'malformed'],
])('%s is refused', (_, line, code) => {
  expect(() => read(line)).toThrow(expect.objectContaining({ code }))
})

test('a label beyond its limit is malformed', () => {
  expect(() => decodeTspl(new Uint8Array(LABEL_BYTES_MAX + 1))).toThrow(expect.objectContaining({ code: 'malformed' }))
})

test.each([
  ['a command that is not known', { name: 'SOUND' }, /commands\/0, got SOUND/],
  [
    'text with a line end',
    { name: 'TEXT', x: 0, y: 0, font: '3', rotation: 0, xScale: 1, yScale: 1, text: 'a\nPRINT 99' },
    /text/,
  ],
  ['text beyond GBK', { name: 'TEXT', x: 0, y: 0, font: '3', rotation: 0, xScale: 1, yScale: 1, text: '😀' }, /GBK/],
  ['a yen sign of four bytes', { name: 'TEXT', x: 0, y: 0, font: '3', rotation: 0, xScale: 1, yScale: 1, text: '\u00a5' }, /GBK/],
  ['a picture of another size', { name: 'BITMAP', x: 0, y: 0, widthBytes: 2, height: 2, mode: 0, data: '00' }, /2 × 2 bytes/],
])('refuses to write %s', (_, command, message) => {
  expect(() => tspl.encode?.({ commands: [command] })).toThrow(
    expect.objectContaining({ code: 'malformed', message: expect.stringMatching(message) }),
  )
})

test('the splitter drops a line that is too long, and takes no picture for a line', () => {
  const splitter = tsplSplitter()
  const push = (...parts: readonly (string | Buffer)[]) =>
    splitter.push(Buffer.concat(parts.map((part) => Buffer.from(part)))).map((line) => Buffer.from(line).toString('latin1'))
  expect(push('x'.repeat(TSPL_LINE_BYTES_MAX + 1))).toEqual([])
  expect(push('BITMAP 0,0,1,1,0,X\r\nCLS\r\n')).toEqual(['CLS\r\n'])
  expect(push(`${'x'.repeat(TSPL_LINE_BYTES_MAX)}\nCLS\r\n`)).toEqual(['CLS\r\n'])
  expect(push('BITMAP 0,0,512,512,0,', Buffer.alloc(9000, 10))).toEqual([])
  expect(push(Buffer.alloc(BITMAP_BYTES_MAX - 9000, 10))).toEqual([])
  expect(push('\r')).toEqual([])
  expect(push('\n')[0]).toHaveLength(BITMAP_BYTES_MAX + 'BITMAP 0,0,512,512,0,'.length + 2)
  expect(splitter.pendingBytes).toBe(0)
})

test('a line that the splitter gave stays as it was when the chunk is used again', () => {
  const chunk = Buffer.from('CLS\r\n')
  const [line = new Uint8Array()] = tsplSplitter().push(chunk)
  chunk.fill(0)
  expect(decodeTspl(line)).toEqual([{ name: 'CLS' }])
})

test('what says nothing is not written', () => {
  for (const value of [{ commands: [] }])
    expect(() => tspl.encode?.(value)).toThrow(expect.objectContaining({ code: 'malformed' }))
})
