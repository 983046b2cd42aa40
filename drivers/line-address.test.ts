import { expect, test } from 'vitest'
import { lineKey, parseLine } from './line-address.ts'

test.each([
  ['tcp://10.0.0.7:1502', { kind: 'tcp', host: '10.0.0.7', port: 1502 }],
  ['tcp://10.0.0.7', { kind: 'tcp', host: '10.0.0.7', port: 502 }],
  ['tcp://plc.example/', { kind: 'tcp', host: 'plc.example', port: 502 }],
  ['tcp://[::1]:502', { kind: 'tcp', host: '::1', port: 502 }],
  ['rtu+tcp://dtu-4:4001', { kind: 'rtu+tcp', host: 'dtu-4', port: 4001 }],
])('%s is understood', (url, address) => {
  expect(parseLine(url)).toEqual(address)
})

test.each([
  'http://10.0.0.7',
  '10.0.0.7:502',
  'tcp://',
  'tcp://:502',
  'tcp://host:0',
  'tcp://host:65536',
  'tcp://host/unit/1',
  'tcp://host?unit=1',
  'tcp://me:secret@host',
  'rtu+tcp://host',
  'serial:///dev/ttyUSB0',
  '',
])('"%s" is a configuration error', (url) => {
  expect(() => parseLine(url)).toThrow(expect.objectContaining({ name: 'DriverError', code: 'configuration' }))
})

test('one line has one key, however it is written', () => {
  const keys = ['tcp://PLC.example', 'tcp://plc.example:502', 'tcp://plc.example:502/'].map((url) => lineKey(parseLine(url)))
  expect(new Set(keys)).toEqual(new Set(['tcp://plc.example:502']))
  expect(lineKey(parseLine('tcp://[::1]'))).toBe('tcp://[::1]:502')
  expect(lineKey(parseLine('rtu+tcp://plc.example:502'))).not.toBe(keys[0])
})
