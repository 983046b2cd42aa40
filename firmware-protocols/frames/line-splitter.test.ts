import { expect, test } from 'vitest'
import { lineSplitter } from '#protocols/frames'

const LF = 0x0a
const bytes = (text: string) => new TextEncoder().encode(text)
const texts = (lines: Uint8Array[]) => lines.map((line) => new TextDecoder().decode(line))

test('cuts lines however they come', () => {
  const lines = lineSplitter(LF, 16)
  expect(texts([...'ab\r\nc\r\n'].flatMap((letter) => lines.push(bytes(letter))))).toEqual(['ab\r\n', 'c\r\n'])
  expect(texts(lines.push(bytes('x\ny\nz')))).toEqual(['x\n', 'y\n'])
  expect(lines.pendingBytes).toBe(1)
})

test('drops what is too long for a line, and holds no more than one', () => {
  const lines = lineSplitter(LF, 4)
  expect(lines.push(bytes('abcdefgh'))).toEqual([])
  expect(lines.pendingBytes).toBe(0)
  expect(texts(lines.push(bytes('ij\nabc\n')))).toEqual(['abc\n'])
  expect(lines.droppedBytes).toBe(11)
  expect(texts(lines.push(bytes('abcde\nabc\n')))).toEqual(['abc\n'])
})

test('forgets half a line', () => {
  const lines = lineSplitter(LF, 4)
  lines.push(bytes('ab'))
  lines.reset()
  expect(texts(lines.push(bytes('cd\n')))).toEqual(['cd\n'])
  expect(lines.droppedBytes).toBe(2)
})

test('a line stays what it was when its buffer is used again', () => {
  const buffer = Buffer.from('ab\ncd\n')
  const [first] = lineSplitter(LF, 4).push(buffer)
  buffer.fill(0)
  expect(first).toEqual(bytes('ab\n'))
})

test('a long frame is whole, and the same, however small the pieces are', () => {
  const line = Uint8Array.from({ length: 1000 }, (_, index) => (index === 999 ? LF : 0x20 + (index % 64)))
  for (const size of [1, 2, 3, 7, 500, 999]) {
    const lines = lineSplitter(LF, 1000)
    const got: Uint8Array[] = []
    for (let from = 0; from < 3000; from += size) {
      const piece = Uint8Array.from({ length: Math.min(size, 3000 - from) }, (_, index) => line[(from + index) % 1000] ?? 0)
      got.push(...lines.push(piece))
      // A port reads into the same buffer again.
      piece.fill(0)
    }
    expect({ size, got }).toEqual({ size, got: [line, line, line] })
    expect(lines).toMatchObject({ pendingBytes: 0, droppedBytes: 0 })
  }
})
