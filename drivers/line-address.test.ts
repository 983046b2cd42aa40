import { expect, test } from 'vitest'
import { describeLine, lineKey, linePort, parseAskedLine, parseLine } from './line-address.ts'

test.each([
  ['tcp://10.0.0.7:1502', { kind: 'tcp', host: '10.0.0.7', port: 1502 }],
  ['tcp://10.0.0.7', { kind: 'tcp', host: '10.0.0.7', port: 502 }],
  ['tcp://plc.example/', { kind: 'tcp', host: 'plc.example', port: 502 }],
  ['tcp://[::1]:502', { kind: 'tcp', host: '::1', port: 502 }],
  ['rtu+tcp://dtu-4:4001', { kind: 'rtu+tcp', host: 'dtu-4', port: 4001 }],
  ['serial:///dev/ttyUSB0', { kind: 'serial', path: '/dev/ttyUSB0', baud: 9600, parity: 'none', stopBits: 1 }],
  [
    'serial:///dev/ttyS1?baud=19200&parity=even',
    { kind: 'serial', path: '/dev/ttyS1', baud: 19_200, parity: 'even', stopBits: 1 },
  ],
  ['serial:///dev/ttyS1?stopBits=2&parity=odd', { kind: 'serial', path: '/dev/ttyS1', baud: 9600, parity: 'odd', stopBits: 2 }],
  [
    'serial:///dev/serial/by-path/pci-0000:00:14.0-usb-0:2%25:1.0-port0?baud=300',
    { kind: 'serial', path: '/dev/serial/by-path/pci-0000:00:14.0-usb-0:2%:1.0-port0', baud: 300, parity: 'none', stopBits: 1 },
  ],
  ['sl651://0.0.0.0:5100', { kind: 'sl651', host: '0.0.0.0', port: 5100 }],
  ['sl651://[::]:5100/', { kind: 'sl651', host: '::', port: 5100 }],
  ['sl651:5100', { kind: 'sl651', host: '127.0.0.1', port: 5100 }],
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
  'serial:',
  'serial:///',
  'serial://dev/ttyUSB0',
  'serial://me@/dev/ttyUSB0',
  'serial:///dev/ttyUSB0#1',
  'serial:///dev/%zz',
  'serial:///dev/tty%00',
  'serial:///dev/ttyUSB0?baud=299',
  'serial:///dev/ttyUSB0?baud=1000000',
  'serial:///dev/ttyUSB0?baud=9600.5',
  'serial:///dev/ttyUSB0?baud=',
  'serial:///dev/ttyUSB0?baud=9600&baud=9600',
  'serial:///dev/ttyUSB0?parity=mark',
  'serial:///dev/ttyUSB0?stopBits=1.5',
  'serial:///dev/ttyUSB0?dataBits=8',
  'sl651:',
  'szy206:5200',
  'sl651://0.0.0.0',
  'sl651://0.0.0.0:0',
  'sl651:70000',
  'sl651://gateway.example:5100',
  'sl651://0.0.0.0:5100/station',
  'sl651://me@0.0.0.0:5100',
  'sl651://0.0.0.0:5100?mode=M2',
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

test('one serial line has one key, and the key says all of it', () => {
  const keys = ['serial:///dev/ttyS1', 'serial:/dev/ttyS1?stopBits=1', 'serial:///dev/ttyS1?parity=none&baud=9600'].map((url) =>
    lineKey(parseLine(url)),
  )
  expect(new Set(keys)).toEqual(new Set(['serial:///dev/ttyS1?baud=9600&parity=none&stopBits=1']))
  const strange = parseLine('serial:///dev/a%20b%3Fc%23d%25e?baud=1200')
  expect(strange).toMatchObject({ path: '/dev/a b?c#d%e' })
  expect(parseLine(lineKey(strange))).toEqual(strange)
})

test('lines of one port are told by it, whatever their settings', () => {
  const ports = (...urls: string[]) => new Set(urls.map((url) => linePort(parseLine(url))))
  expect(ports('serial:///dev/ttyS1', 'serial:///dev/ttyS1?baud=19200').size).toBe(1)
  expect(ports('tcp://PLC:4001', 'rtu+tcp://plc:4001').size).toBe(1)
  expect(ports('serial:///dev/ttyS1', 'serial:///dev/ttyS2', 'tcp://plc', 'tcp://plc:503').size).toBe(4)
})

test.each([
  ['serial:///dev/ttyS1?parity=even&baud=19200', 'serial port /dev/ttyS1 at 19200 baud, 8E1'],
  ['serial:///dev/ttyS1?stopBits=2', 'serial port /dev/ttyS1 at 9600 baud, 8N2'],
  ['tcp://PLC', 'Modbus TCP at plc:502'],
  ['rtu+tcp://[::1]:4001', 'RTU over TCP at [::1]:4001'],
  ['sl651://[::]:5100', 'SL 651 stations that call [::]:5100, TCP and UDP'],
])('%s in words', (url, words) => {
  expect(describeLine(parseLine(url))).toBe(words)
})

test('a port at which stations call is one line, whatever address of this machine is written', () => {
  expect(lineKey(parseLine('sl651:5100'))).toBe('sl651://127.0.0.1:5100')
  expect(linePort(parseLine('sl651://0.0.0.0:5100'))).toBe(linePort(parseLine('sl651:5100')))
  expect(linePort(parseLine('tcp://0.0.0.0:5100'))).not.toBe(linePort(parseLine('sl651://0.0.0.0:5100')))
})

test('a line on which stations call is none whose devices are asked', () => {
  expect(parseAskedLine('tcp://10.0.0.7')).toMatchObject({ kind: 'tcp' })
  expect(() => parseAskedLine('sl651:5100')).toThrow(expect.objectContaining({ code: 'configuration' }))
})
