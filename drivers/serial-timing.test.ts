import { expect, test } from 'vitest'
import { serialTiming } from './serial-timing.ts'

test.each([
  [9600, 'none', 1, 3.6458],
  [9600, 'even', 1, 4.0104],
  [9600, 'even', 2, 4.375],
  [1200, 'none', 1, 29.1667],
  [19_200, 'odd', 1, 2.0052],
  [19_201, 'odd', 1, 1.75],
  [115_200, 'none', 1, 1.75],
] as const)('%i baud, parity %s, %i stop bits: frames are %d ms apart', (baud, parity, stopBits, gapMs) => {
  expect(serialTiming({ baud, parity, stopBits }).gapMs).toBeCloseTo(gapMs, 4)
})

test('a byte takes its bits', () => {
  expect(serialTiming({ baud: 1000, parity: 'even', stopBits: 2 }).byteMs).toBe(12)
})
