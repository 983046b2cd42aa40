import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  codecs,
  decodeStatus,
  encodeStatus,
  encodeStatusRequest,
  escPosStatus,
  REPLIES_MAX,
  type StatusMessage,
  StatusReader,
  statusByteOf,
  statusOf,
} from '#protocols/printers'
import { provesCodec, provesVectors, vectorsOf } from '#protocols/proof'

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const flag = fc.boolean()
const message = (kind: string, ...flags: readonly string[]) =>
  fc.record({ kind: fc.constant(kind), ...Object.fromEntries(flags.map((name) => [name, flag])) })
const printer = message('printer', 'online', 'drawerOpen', 'waitingToRecover', 'feedPressed')
const cause = message('offline-cause', 'coverOpen', 'feedPressed', 'paperEnd', 'error')
const error = message('error', 'recoverableError', 'cutterError', 'unrecoverableError', 'autoRecoverableError')
const paper = message('paper', 'paperNearEnd', 'paperEnd')
const automatic = message(
  ...['automatic', 'online', 'drawerOpen', 'coverOpen', 'feeding', 'waitingToRecover', 'feedPressed', 'recoverableError'],
  ...['cutterError', 'unrecoverableError', 'autoRecoverableError', 'paperNearEnd', 'paperEnd'],
)
const transmitted = fc.oneof(
  fc.tuple(message('paper-sensors', 'paperNearEnd', 'paperEnd')),
  fc.tuple(message('paper-sensors', 'paperNearEnd', 'paperEnd'), message('drawer', 'drawerOpen')),
)
const replies = fc.oneof(
  fc.tuple(printer),
  fc.tuple(printer, cause),
  fc.tuple(printer, cause, paper),
  fc.tuple(printer, cause, error, paper),
  fc.array(automatic, { minLength: 1, maxLength: 4 }),
  fc.tuple(message('flow', 'ready'), printer, automatic),
  transmitted,
)

provesVectors(escPosStatus)
provesCodec({
  codec: escPosStatus,
  values: replies.map((messages) => ({ messages })),
  frames: ['1A327E', '12', '1612', '32361E72', '0C01', '11131113', '1210000000'],
  // A reply is one byte, so that the start of a sequence is one.
  cut: 'any',
  isChecked: false,
})
provesCodec({
  codec: escPosStatus,
  frames: ['10000000', '3C080F00', '1000006F'],
  isChecked: false,
  splitter: () => new StatusReader(),
  pendingMax: 3,
})
provesCodec({
  codec: escPosStatus,
  side: 'request',
  values: fc
    .array(
      fc.oneof(
        fc.record({ ask: fc.constantFrom('printer', 'offline-cause', 'error', 'paper', 'paper-sensors', 'drawer') }),
        fc.record({ ask: fc.constant('automatic'), n: fc.integer({ min: 0, max: 255 }) }),
      ),
      { minLength: 1 },
    )
    .map((requests) => ({ requests })),
  frames: ['100401', '1D614F', '1D7202'],
  isChecked: false,
})

test.each(vectorsOf('esc-pos-status'))('$name: $facts.n1, $facts.n2, $facts.n4', ({ hex: bytes = '' }) => {
  expect(decodeStatus(hex(bytes))).toEqual([
    { kind: 'printer', online: false, drawerOpen: false, waitingToRecover: false, feedPressed: false },
    { kind: 'offline-cause', coverOpen: false, feedPressed: false, paperEnd: true, error: false },
    { kind: 'paper', paperNearEnd: true, paperEnd: true },
  ])
  expect(statusOf(decodeStatus(hex(bytes)))).toEqual({
    ...{ online: false, drawerOpen: false, waitingToRecover: false, feedPressed: false },
    ...{ coverOpen: false, paperEnd: true, error: false, paperNearEnd: true },
  })
})

test('one bit of two paper sensors is enough', () => {
  expect(decodeStatus(hex('16'), ['paper'])).toEqual([{ kind: 'paper', paperNearEnd: true, paperEnd: false }])
  expect(decodeStatus(hex('52'), ['paper'])).toEqual([{ kind: 'paper', paperNearEnd: false, paperEnd: true }])
})

test('the fixed bits tell what a byte can be', () => {
  const sorts = Object.groupBy(
    Array.from({ length: 256 }, (_, byte) => byte),
    statusByteOf,
  )
  expect(Object.fromEntries(Object.entries(sorts).map(([sort, bytes]) => [sort, bytes.length]))).toEqual({
    'real-time': 16,
    automatic: 16,
    transmitted: 64,
    flow: 2,
    none: 158,
  })
})

test('replies, automatic status and flow control are told apart on one line', () => {
  const reader = new StatusReader(['paper', 'drawer'])
  reader.expect('printer')
  const closed: StatusMessage = { kind: 'drawer', drawerOpen: false }
  const kinds = (chunk: string) => reader.push(hex(chunk)).map(({ kind }) => kind)
  // An automatic status with a reply and XOFF in its middle.
  expect(kinds('38 00 12')).toEqual(['paper'])
  expect(reader.pendingBytes).toBe(2)
  expect(kinds('13 0C 00 11')).toEqual(['flow', 'automatic', 'flow'])
  expect(reader.expected).toEqual(['drawer', 'printer'])
  expect(reader.push(hex('00'))).toEqual([closed])
  expect(kinds('12')).toEqual(['printer'])
  expect(reader).toMatchObject({ droppedBytes: 0, pendingBytes: 0, expected: [] })
})

test('a reply that nobody asked for is dropped and counted', () => {
  const reader = new StatusReader(['drawer'])
  expect(reader.push(hex('12 01 01'))).toEqual([{ kind: 'drawer', drawerOpen: true }])
  expect(reader.droppedBytes).toBe(2)
})

test('an automatic status that breaks off is dropped where the next begins, or noise comes', () => {
  const reader = new StatusReader()
  expect(reader.push(hex('10 00 18 00 00 00'))).toMatchObject([{ kind: 'automatic', online: false }])
  expect(reader.droppedBytes).toBe(2)
  expect(reader.push(hex('10 00 FF 00 10 00 00 00'))).toMatchObject([{ kind: 'automatic', online: true }])
  expect(reader.droppedBytes).toBe(6)
})

test('a reset forgets what was waited for and half a status', () => {
  const reader = new StatusReader(['printer'])
  reader.push(hex('10 00'))
  reader.reset()
  expect(reader).toMatchObject({ droppedBytes: 2, pendingBytes: 0, expected: [] })
})

test('no more replies are waited for than there is room', () => {
  const reader = new StatusReader(Array(REPLIES_MAX).fill('printer'))
  expect(() => reader.expect('printer')).toThrow(RangeError)
})

test('the dump shows each byte once where a reply came within an automatic status', () => {
  expect(escPosStatus.decode(hex('10 00 16 00 00')).fields).toEqual([
    { from: 2, to: 3, name: 'printer', value: 'online drawerOpen' },
    { from: 3, to: 5, name: 'automatic', value: 'online' },
  ])
})

test.each([
  ['nothing', '', 'truncated'],
  ['half an automatic status', '100000', 'truncated'],
  ['a byte that nothing can be', 'FF', 'malformed'],
  ['more replies than there are requests', '1212121212', 'malformed'],
])('%s is refused', (_, bytes, code) => {
  expect(() => decodeStatus(hex(bytes))).toThrow(expect.objectContaining({ code }))
})

test('a request that is none is unsupported', () => {
  for (const bytes of ['100405', '1D7200', '414141'])
    expect(() => escPosStatus.decode(hex(bytes), 'request')).toThrow(expect.objectContaining({ code: 'unsupported' }))
})

test('requests and replies are written as a driver and a simulated printer do', () => {
  expect(encodeStatusRequest({ ask: 'paper' })).toEqual(hex('100404'))
  expect(encodeStatus({ kind: 'paper', paperNearEnd: true, paperEnd: false })).toEqual(hex('1E'))
})

test('the front door finds the codec here', () => {
  expect(codecs).toEqual([escPosStatus])
})

test('what says nothing is not written', () => {
  for (const value of [{ messages: [] }, { requests: [] }])
    expect(() => escPosStatus.encode?.(value, 'requests' in value ? 'request' : 'response')).toThrow(
      expect.objectContaining({ code: 'malformed' }),
    )
})
