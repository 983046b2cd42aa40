import { expect, test } from 'vitest'
import { KEYBOARD_SUFFIXES, SCAN_SUFFIXES } from '#protocols/scanners'
import { exampleCodec } from './example-codec.ts'
import { frameFaults } from './frame-proof.ts'
import {
  DISPLAY_PROTOCOLS,
  PRINTER_PROTOCOLS,
  RATING_PROTOCOLS,
  SCALE_PROTOCOLS,
  SCANNER_PROTOCOLS,
  ScannerProfile,
} from './peripheral-profile.ts'
import type { Profile } from './profile.ts'

const heading = { title: 'T', kind: 'test', source: 'a test', examples: [] }
const paper = { dots: 384, encoding: 'ascii', cutter: false, drawer: false, status: false } as const
const models: Profile[] = [
  { ...heading, sl651: { class: 'H', points: {} } },
  ...SCALE_PROTOCOLS.map((protocol) => ({ ...heading, scale: { protocol } })),
  ...SCANNER_PROTOCOLS.map((protocol) => ({ ...heading, scanner: { protocol } })),
  ...PRINTER_PROTOCOLS.map((protocol) => ({ ...heading, printer: { protocol, ...paper } })),
  ...DISPLAY_PROTOCOLS.map((protocol) => ({ ...heading, display: { protocol } })),
  ...RATING_PROTOCOLS.map((protocol) => ({ ...heading, rating: { protocol } })),
]

test('whatever protocol a model may name, there is a codec that reads its examples', async () => {
  for (const model of models) expect(await exampleCodec(model), JSON.stringify(model)).toBeDefined()
})

test('a model read by Modbus has registers for examples, and no codec', async () => {
  const defaults = { baud: 9600, parity: 'none', stopBits: 1, timeout: '1s', hole: 0, block: 125 } as const
  expect(await exampleCodec({ ...heading, modbus: { defaults, points: {} } })).toBeUndefined()
})

test('a model of a protocol without a codec is no proven one', async () => {
  // What a schema of another release let through.
  const model = JSON.parse(JSON.stringify({ ...heading, scale: { protocol: 'none' } }))
  expect(await frameFaults(model)).toEqual([
    { path: ['scale', 'protocol'], message: 'expected a protocol with a codec, got "none", which has none yet' },
  ])
})

test('a reader may leave the factory with any end of a code that its codec knows', () => {
  const { enum: known } = ScannerProfile.properties.scanner.properties.suffix
  expect([...known].sort()).toEqual([...new Set([...SCAN_SUFFIXES, ...KEYBOARD_SUFFIXES])].sort())
})
