import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodeFrame,
  decodeMessage,
  encodeFrame,
  encodeMessage,
  type Frame,
  type MessageInput,
  stationTimeText,
} from '#protocols/sl651'
import { type CentreOptions, LINK_LIMITS, LINK_MODES, type LinkMode, type LinkOutput, Sl651Centre } from '#protocols/sl651-link'

const STATION = '0012345678'
const NOW = Date.UTC(2026, 6, 1, 4)
const MINUTE = 60_000

const open = (mode: LinkMode = 'M2', options: Partial<CentreOptions> = {}): Sl651Centre =>
  new Sl651Centre({ centre: 1, modeOf: () => mode, passwordOf: () => '1234', ...options })

/** What a station sends. */
const up = (fields: Partial<MessageInput> & { at?: number } = {}): Frame => {
  const { at = NOW, ...rest } = fields
  const head = { direction: 'up', centre: 1, station: STATION, password: '1234', function: '32', end: 'ETX' } as const
  return decodeFrame(encodeMessage({ ...head, serial: 1, sendTime: stationTimeText(at), bodyStation: STATION, ...rest }))
}
const packet = (number: number, packets: number, fields: Partial<Frame> = {}): Frame => ({
  ...{ encoding: 'hex', direction: 'up', centre: 1, station: STATION, password: '1234', function: '36' },
  ...{ end: number === packets ? 'ETX' : 'ETB', packets, packet: number },
  body: Uint8Array.of(...(number === 1 ? Buffer.from('0005260701120000', 'hex') : []), number, number),
  ...fields,
})
const sent = (out: readonly LinkOutput[]) => out.flatMap((one) => (one.kind === 'send' ? [decodeMessage(one.bytes)] : []))
const ends = (out: readonly LinkOutput[]) => sent(out).map(({ end }) => end)
const notices = (out: readonly LinkOutput[]) => out.flatMap((one) => (one.kind === 'notice' ? [one.notice] : []))
const kinds = (out: readonly LinkOutput[]) => out.map(({ kind }) => kind)
const reports = (out: readonly LinkOutput[]) => out.flatMap((one) => (one.kind === 'report' ? [one] : []))

test('M1 is never answered, neither a report nor a packet, and takes no command', () => {
  const centre = open('M1')
  expect(kinds(centre.receive(up(), NOW))).toEqual(['report'])
  expect(kinds(centre.receive(up(), NOW))).toEqual(['duplicate'])
  expect(centre.receive(packet(2, 2), NOW)).toEqual([])
  expect(kinds(centre.receive(packet(1, 2), NOW))).toEqual(['report'])
  expect(notices(centre.command(STATION, { id: 'a', function: '51' }, NOW))).toEqual([
    { code: 'command-failed', command: 'a', reason: 'mode' },
  ])
})

test('M1: what is missing is not asked for, and told when it is given up', () => {
  const centre = open('M1')
  centre.receive(packet(3, 3), NOW)
  expect(centre.tick(NOW + LINK_LIMITS.nakAfterMs)).toEqual([])
  expect(notices(centre.tick(NOW + LINK_LIMITS.assemblyTimeoutMs))).toEqual([
    { code: 'assembly-dropped', reason: 'timeout', function: '36', packets: 3, missing: [1, 2], missingCount: 2 },
  ])
})

test('M2 answers ETB with ACK and ETX with EOT, behind the report, with the serial of the report', () => {
  const centre = open()
  const more = centre.receive(up({ serial: 7, end: 'ETB' }), NOW)
  expect(kinds(more)).toEqual(['report', 'send'])
  expect(sent(more)).toMatchObject([{ direction: 'down', station: STATION, centre: 1, function: '32', serial: 7, end: 'ACK' }])
  expect(ends(centre.receive(up({ serial: 8 }), NOW))).toEqual(['EOT'])
})

test('a station that is held online is answered with ESC, until it is let go', () => {
  const centre = open()
  expect(centre.hold(STATION, true)).toEqual([])
  expect(ends(centre.receive(up({ serial: 1 }), NOW))).toEqual(['ESC'])
  centre.hold(STATION, false)
  expect(ends(centre.receive(up({ serial: 2 }), NOW))).toEqual(['EOT'])
})

test('the same message again is answered again and told as a duplicate; another send time is another message', () => {
  const centre = open()
  centre.receive(up(), NOW)
  const again = centre.receive(up(), NOW + 1)
  expect(kinds(again)).toEqual(['duplicate', 'send'])
  expect(again[0]).toMatchObject({ station: STATION, function: '32', serial: 1, sendTime: stationTimeText(NOW) })
  expect(kinds(centre.receive(up({ at: NOW + 1000 }), NOW))).toEqual(['report', 'send'])
  expect(kinds(centre.receive(up({ function: '33' }), NOW))).toEqual(['report', 'send'])
})

test('what could not be kept is a report again when it comes again, in one packet and in several', () => {
  const centre = open('M3')
  centre.receive(up(), NOW)
  for (const number of [1, 2]) centre.receive(packet(number, 2), NOW)
  for (const number of [1, 2]) centre.receive(packet(number, 2, { station: '0087654321' }), NOW)
  centre.forget(STATION)
  expect(kinds(centre.receive(up(), NOW))).toEqual(['report', 'send'])
  centre.receive(packet(1, 2), NOW)
  expect(kinds(centre.receive(packet(2, 2), NOW))).toEqual(['report', 'send'])
  expect(kinds(centre.receive(packet(2, 2, { station: '0087654321' }), NOW))).toEqual(['duplicate', 'send'])
  expect(() => centre.forget('0000000000')).not.toThrow()
})

test('only so many messages are recognised', () => {
  const centre = open('M2', { limits: { duplicatesMax: 2 } })
  for (const serial of [1, 2, 3]) centre.receive(up({ serial }), NOW)
  expect(kinds(centre.receive(up({ serial: 3 }), NOW))).toEqual(['duplicate', 'send'])
  expect(kinds(centre.receive(up({ serial: 1 }), NOW))).toEqual(['report', 'send'])
})

test('a heartbeat is told and never answered, a test report is marked as one', () => {
  const centre = open()
  expect(centre.receive(up({ function: '2F' }), NOW)).toEqual([{ kind: 'heartbeat', station: STATION, at: NOW }])
  expect(centre.receive(up({ function: '2F' }), NOW)).toHaveLength(1)
  expect(reports(centre.receive(up({ function: '30' }), NOW))).toMatchObject([{ isTest: true }])
  expect(reports(centre.receive(up(), NOW))).toMatchObject([{ isTest: false }])
})

test('what breaks the rules is told, and nothing more than necessary is refused', () => {
  const centre = open()
  expect(notices(centre.receive({ ...up(), direction: 'down' }, NOW))).toEqual([{ code: 'wrong-direction' }])
  expect(centre.receive({ ...up(), body: Uint8Array.of(1, 2) }, NOW)).toEqual([
    { kind: 'notice', station: STATION, notice: { code: 'bad-body', function: '32' } },
  ])
  expect(notices(centre.receive(packet(4, 3), NOW))).toEqual([{ code: 'bad-packet-number', packet: 4, packets: 3 }])
  const odd = centre.receive({ ...up(), end: 'ENQ' }, NOW)
  expect([notices(odd), ends(odd)]).toEqual([[{ code: 'wrong-end', end: 'ENQ' }], ['EOT']])
  const unasked = centre.receive(up({ function: '4A' }), NOW)
  expect([kinds(unasked), notices(unasked)]).toEqual([['report', 'notice'], [{ code: 'unasked', function: '4A' }]])
})

test('another password than expected is told once and changes nothing', () => {
  const centre = open()
  const first = centre.receive(up({ serial: 1, password: 'FFFF' }), NOW)
  expect(notices(first)).toEqual([{ code: 'password-mismatch', expected: '1234', got: 'FFFF' }])
  expect(sent(first)).toMatchObject([{ end: 'EOT', password: 'FFFF' }])
  expect(notices(centre.receive(up({ serial: 2, password: 'FFFF' }), NOW))).toEqual([])
  expect(notices(open('M2', { passwordOf: () => undefined }).receive(up({ password: 'FFFF' }), NOW))).toEqual([])
})

test('serial and send time are read of ASCII bodies too', () => {
  const centre = open('M1')
  const said = (text: string): Frame => ({ ...up(), encoding: 'ascii', body: new Uint8Array(Buffer.from(text)) })
  expect(reports(centre.receive(said('001f260701120000Z 1.2 '), NOW))).toMatchObject([{ serial: 31, sendTime: '260701120000' }])
  expect(kinds(centre.receive(said('001f260701120000Z 1.2 '), NOW))).toEqual(['duplicate'])
  expect(notices(centre.receive(said('001f2607Z 1.2 '), NOW))).toMatchObject([{ code: 'bad-body' }])
})

test('M3: one packet that is missing is asked for, then the message is whole', () => {
  const centre = open('M3')
  centre.receive(packet(1, 4), NOW)
  const asked = centre.receive(packet(4, 4), NOW)
  expect(sent(asked)).toMatchObject([{ end: 'NAK', packets: 4, packet: 2, serial: 5 }])
  expect(sent(centre.receive(packet(2, 4, { end: 'ETX' }), NOW))).toMatchObject([{ end: 'NAK', packet: 3 }])
  const done = centre.receive(packet(3, 4, { end: 'ETX' }), NOW)
  expect(reports(done)).toMatchObject([{ serial: 5, sendTime: '260701120000', packets: 4 }])
  expect(Buffer.from(reports(done)[0]?.frame.body ?? []).toString('hex')).toBe('00052607011200000101020203030404')
  expect(sent(done)).toMatchObject([{ end: 'EOT', packets: 4, packet: 4, serial: 5 }])
  expect(centre.assemblyBytes).toBe(0)
})

test('M3: packets of a message that is complete are known again, and its answer is repeated', () => {
  const centre = open('M3')
  for (const number of [1, 2]) centre.receive(packet(number, 2), NOW)
  expect(ends(centre.receive(packet(2, 2), NOW))).toEqual(['EOT'])
  expect(centre.receive(packet(1, 2), NOW)).toEqual([])
  expect(kinds(centre.receive(packet(2, 2), NOW))).toEqual(['duplicate', 'send'])
  centre.tick(NOW + LINK_LIMITS.assemblyTimeoutMs)
  expect(centre.receive(packet(1, 2), NOW)).toEqual([])
  expect(kinds(centre.receive(packet(2, 2), NOW))).toEqual(['duplicate', 'send'])
})

test('M3: a packet that contradicts what came begins anew, so that two messages are not mixed', () => {
  const centre = open('M3')
  centre.receive(packet(1, 3), NOW)
  centre.receive(packet(2, 3), NOW)
  const other = centre.receive(packet(2, 3, { body: Uint8Array.of(9, 9) }), NOW)
  expect(notices(other)).toEqual([{ code: 'assembly-restarted', function: '36', packets: 3 }])
  expect(sent(centre.receive(packet(3, 3), NOW))).toMatchObject([{ end: 'NAK', packet: 1, serial: 0 }])
})

test('M3: silence is followed by a NAK, three NAKs by the end; the same packet twice asks only once', () => {
  const centre = open('M3')
  centre.receive(packet(1, 3), NOW)
  expect(ends(centre.receive(packet(3, 3), NOW))).toEqual(['NAK'])
  expect(centre.receive(packet(3, 3), NOW)).toEqual([])
  const later = (times: number) => NOW + times * LINK_LIMITS.nakAfterMs
  expect(ends(centre.tick(later(1) - 1))).toEqual([])
  expect(sent(centre.tick(later(1)))).toMatchObject([{ end: 'NAK', packet: 2 }])
  expect(ends(centre.tick(later(1) + 1))).toEqual([])
  expect(ends(centre.tick(later(2)))).toEqual(['NAK'])
  expect(notices(centre.tick(later(3)))).toMatchObject([{ code: 'assembly-dropped', reason: 'naks', missing: [2] }])
  expect(centre.tick(later(9))).toEqual([])
})

test('M3: the number of messages, their packets and their bytes are bounded', () => {
  const few = open('M3', { limits: { assembliesMax: 1 } })
  few.receive(packet(1, 3), NOW)
  expect(notices(few.receive(packet(1, 4), NOW))).toMatchObject([{ code: 'assembly-dropped', reason: 'too-many', packets: 3 }])
  for (const packets of [1, 2]) for (let number = 1; number <= packets; number++) few.receive(packet(number, packets), NOW)
  for (const limits of [{ packetsMax: 2 }, { assemblyBytesMax: 9 }, { assembliesBytesMax: 9 }]) {
    const centre = open('M3', { limits })
    expect(notices(centre.receive(packet(1, 4095), NOW))).toMatchObject([{ reason: 'too-large', missingCount: 4094 }])
    expect(centre.assemblyBytes).toBe(0)
  }
})

test('a command waits for the next report, which ESC answers, and then the ENQ follows; its answer is confirmed', () => {
  const centre = open()
  expect(centre.command(STATION, { id: 'a', function: '51' }, NOW)).toEqual([])
  expect(ends(centre.receive(up({ end: 'ETB' }), NOW))).toEqual(['ACK'])
  const out = centre.receive(up({ serial: 2 }), NOW)
  expect(sent(out)).toMatchObject([
    { end: 'ESC' },
    { end: 'ENQ', function: '51', serial: 0, password: '1234', sendTime: stationTimeText(NOW) },
  ])
  expect(notices(out)).toEqual([{ code: 'command-sent', command: 'a', attempt: 1 }])
  const answer = centre.receive(up({ serial: 3, function: '51' }), NOW)
  expect(reports(answer)).toMatchObject([{ command: 'a' }])
  expect(ends(answer)).toEqual(['EOT'])
  expect(notices(answer)).toEqual([{ code: 'command-done', command: 'a' }])
})

test('a command that is taken back is not sent, or not again, and the next one follows', () => {
  const centre = open('M4')
  expect(centre.cancel(STATION, 'a', NOW)).toEqual([])
  centre.command(STATION, { id: 'a', function: '51' }, NOW)
  for (const id of ['b', 'c']) expect(centre.command(STATION, { id, function: '37' }, NOW)).toEqual([])
  expect(centre.cancel(STATION, 'b', NOW)).toEqual([])
  const next = centre.cancel(STATION, 'a', NOW)
  expect(notices(next)).toEqual([{ code: 'command-sent', command: 'c', attempt: 1 }])
  expect(notices(centre.receive(up({ function: '51' }), NOW))).toEqual([])
  expect(notices(centre.receive(up({ function: '37', serial: 2 }), NOW))).toEqual([{ code: 'command-done', command: 'c' }])
})

test('with more commands waiting each answer is followed by ESC and the next', () => {
  const centre = open()
  for (const id of ['a', 'b']) centre.command(STATION, { id, function: '51' }, NOW)
  centre.receive(up(), NOW)
  const out = centre.receive(up({ serial: 2, function: '51' }), NOW)
  expect(ends(out)).toEqual(['ESC', 'ENQ'])
  expect(notices(out)).toEqual([
    { code: 'command-done', command: 'a' },
    { code: 'command-sent', command: 'b', attempt: 1 },
  ])
})

test('a station told to stay online is gone ten minutes after the last command, and is asked until then', () => {
  const centre = open()
  centre.hold(STATION, true)
  centre.receive(up(), NOW)
  expect(centre.tick(NOW + 9 * MINUTE)).toEqual([])
  expect(ends(centre.command(STATION, { id: 'a', function: '51' }, NOW + 9 * MINUTE))).toEqual(['ENQ'])
  centre.receive(up({ serial: 2, function: '51', at: NOW + 9 * MINUTE }), NOW + 9 * MINUTE)
  expect(notices(centre.tick(NOW + 18 * MINUTE))).toEqual([])
  expect(notices(centre.tick(NOW + 19 * MINUTE))).toEqual([{ code: 'offline' }])
  expect(centre.command(STATION, { id: 'b', function: '51' }, NOW + 19 * MINUTE)).toEqual([])
})

test('M4: a question is sent at once, again at most twice, then given up, and the next one follows', () => {
  const centre = open('M4')
  expect(ends(centre.command(STATION, { id: 'a', function: '37' }, NOW))).toEqual(['ENQ'])
  centre.command(STATION, { id: 'b', function: '46' }, NOW)
  const later = (times: number) => NOW + times * LINK_LIMITS.answerTimeoutMs
  for (const attempt of [2, 3])
    expect(notices(centre.tick(later(attempt - 1)))).toEqual([{ code: 'command-sent', command: 'a', attempt }])
  expect(notices(centre.tick(later(3)))).toEqual([
    { code: 'command-failed', command: 'a', reason: 'no-answer' },
    { code: 'command-sent', command: 'b', attempt: 1 },
  ])
})

test('M4: an answer in several reports is acknowledged with ACK until the last', () => {
  const centre = open('M4')
  centre.command(STATION, { id: 'a', function: '37' }, NOW)
  const more = centre.receive(up({ serial: 1, function: '37', end: 'ETB' }), NOW)
  expect([ends(more), notices(more)]).toEqual([['ACK'], []])
  expect(ends(centre.receive(up({ serial: 2, function: '37' }), NOW))).toEqual(['EOT'])
  expect(ends(centre.receive(up({ serial: 2, function: '37' }), NOW))).toEqual(['EOT'])
})

test('M4: an image that was asked for comes in packets and is the answer', () => {
  const centre = open('M4')
  centre.command(STATION, { id: 'a', function: '36' }, NOW)
  centre.receive(packet(1, 2), NOW)
  const out = centre.receive(packet(2, 2), NOW)
  expect(reports(out)).toMatchObject([{ command: 'a', packets: 2 }])
  expect(sent(out)).toMatchObject([{ end: 'EOT', packets: 2, packet: 2 }])
})

const parameters = [{ id: '24', def: '08', hex: '05' }]

test.each(['40', '42'])('%s is confirmed only if the station says back what it was told', (code) => {
  const write = { id: 'a', function: code, body: { parameters } }
  const centre = open('M4')
  centre.command(STATION, write, NOW)
  const echoed = centre.receive(up({ function: code, parameters: [{ id: '25', def: '08', hex: '05' }, ...parameters] }), NOW)
  expect([ends(echoed), notices(echoed)]).toEqual([['EOT'], [{ code: 'command-done', command: 'a' }]])
  centre.command(STATION, write, NOW)
  const other = centre.receive(up({ serial: 2, function: code, parameters: [{ id: '24', def: '08', hex: '06' }] }), NOW)
  expect([ends(other), notices(other)]).toEqual([[], [{ code: 'command-failed', command: 'a', reason: 'echo-differs' }]])
  expect(ends(centre.receive(up({ serial: 2, function: code, parameters: [{ id: '24', def: '08', hex: '06' }] }), NOW))).toEqual(
    [],
  )
})

test('a new password is used only after the change was confirmed', () => {
  const centre = open('M4')
  const change = [
    { id: '03', def: '10', hex: '1234' },
    { id: '03', def: '10', hex: '03E8' },
  ]
  expect(sent(centre.command(STATION, { id: 'a', function: '49', body: { parameters: change } }, NOW))).toMatchObject([
    { password: '1234' },
  ])
  const out = centre.receive(up({ function: '49', parameters: [{ id: '03', def: '10', hex: '03E8' }] }), NOW)
  expect(sent(out)).toMatchObject([{ end: 'EOT', password: '1234' }])
  expect(sent(centre.command(STATION, { id: 'b', function: '51' }, NOW))).toMatchObject([{ password: '03E8' }])
  expect(notices(centre.receive(up({ serial: 2, password: '03E8' }), NOW))).toEqual([])
  expect(notices(centre.receive(up({ serial: 3 }), NOW))).toMatchObject([{ code: 'password-mismatch', expected: '03E8' }])
})

test('a password whose change was not answered stays as it was', () => {
  const centre = open('M4')
  centre.command(STATION, { id: 'a', function: '49', body: { parameters: [{ id: '03', def: '10', hex: '03E8' }] } }, NOW)
  for (const times of [1, 2, 3]) centre.tick(NOW + times * LINK_LIMITS.answerTimeoutMs)
  expect(sent(centre.command(STATION, { id: 'b', function: '51' }, NOW))).toMatchObject([{ password: '1234' }])
})

test('a clock that is nearly right is set with one frame, one that is not with two', () => {
  const centre = open('M4')
  centre.command(STATION, { id: 'a', function: '4A' }, NOW)
  const near = centre.receive(up({ function: '4A', at: NOW - MINUTE }), NOW)
  expect([ends(near), notices(near)]).toEqual([['EOT'], [{ code: 'command-done', command: 'a', clockOffsetMs: -MINUTE }]])

  centre.command(STATION, { id: 'b', function: '4A' }, NOW)
  const far = centre.receive(up({ serial: 2, function: '4A', at: NOW - 6 * MINUTE }), NOW + 1000)
  expect(sent(far)).toMatchObject([{ function: '4A', end: 'ENQ', sendTime: stationTimeText(NOW + 1000) }])
  const second = centre.receive(up({ serial: 3, function: '4A', at: NOW + 2000 }), NOW + 2000)
  expect([ends(second), notices(second)]).toEqual([['EOT'], [{ code: 'command-done', command: 'b', clockOffsetMs: 0 }]])
})

test('a clock that stays wrong is told, and one that was never set counts as wrong', () => {
  const centre = open('M4')
  centre.command(STATION, { id: 'a', function: '4A' }, NOW)
  expect(ends(centre.receive(up({ serial: 1, function: '4A', sendTime: '591011161403' }), NOW))).toEqual(['ENQ'])
  const out = centre.receive(up({ serial: 2, function: '4A', sendTime: '591011161404' }), NOW)
  expect([ends(out), notices(out)]).toEqual([['EOT'], [{ code: 'command-failed', command: 'a', reason: 'clock-not-set' }]])
})

test('a clock frame that is sent again has the time of then, other frames are sent again as they were', () => {
  const centre = open('M4')
  const retried = NOW + LINK_LIMITS.answerTimeoutMs
  centre.command(STATION, { id: 'a', function: '4A' }, NOW)
  expect(sent(centre.tick(retried))).toMatchObject([{ sendTime: stationTimeText(retried) }])
  const other = open('M4')
  const first = other.command(STATION, { id: 'a', function: '37' }, NOW)
  expect(sent(other.tick(retried))).toEqual(sent(first))
})

test('commands and stations are bounded; a station without commands gives way first', () => {
  const centre = open('M2', { limits: { commandsMax: 1, sessionsMax: 2 } })
  centre.command('0000000001', { id: 'a', function: '51' }, NOW)
  expect(notices(centre.command('0000000001', { id: 'b', function: '51' }, NOW))).toEqual([
    { code: 'command-failed', command: 'b', reason: 'queue-full' },
  ])
  centre.receive(up({ station: '0000000002' }), NOW)
  expect(centre.receive(up({ station: '0000000003' }), NOW)[0]).toEqual({
    ...{ kind: 'notice', station: '0000000002', notice: { code: 'session-dropped' } },
  })
  centre.command('0000000003', { id: 'c', function: '51' }, NOW)
  expect(centre.command('0000000004', { id: 'd', function: '51' }, NOW).slice(0, 2)).toEqual([
    { kind: 'notice', station: '0000000001', notice: { code: 'session-dropped' } },
    { kind: 'notice', station: '0000000001', notice: { code: 'command-failed', command: 'a', reason: 'session-dropped' } },
  ])
  const busy = open('M4', { limits: { sessionsMax: 1 } })
  busy.command('0000000001', { id: 'a', function: '51' }, NOW)
  expect(notices(busy.hold('0000000002', true))).toMatchObject([
    { code: 'session-dropped' },
    { command: 'a', reason: 'session-dropped' },
  ])
})

test('a command that no frame holds is refused at once', () => {
  expect(() => open('M4').command(STATION, { id: 'a', function: '10' }, NOW)).toThrow(
    expect.objectContaining({ code: 'unsupported' }),
  )
})

test('a report of a function that the standard does not have is kept and answered', () => {
  const centre = open()
  for (const code of ['10', 'E1']) {
    const out = centre.receive({ ...up(), function: code }, NOW)
    const [, answer] = out
    expect(kinds(out)).toEqual(['report', 'send'])
    expect(answer?.kind === 'send' && decodeFrame(answer.bytes)).toMatchObject({ function: code, end: 'EOT', direction: 'down' })
  }
})

test.each([
  ['ascii', Buffer.from('001f2607011200000000\u00ff', 'latin1')],
  // Ends within the mark of a station.
  ['hex', Buffer.from('001f260701120000f1f112', 'hex')],
] as const)('a write that is answered with what is no parameter, in %s, is not confirmed', (encoding, bytes) => {
  const centre = open('M4')
  centre.command(STATION, { id: 'a', function: '42', body: { parameters } }, NOW)
  const body = new Uint8Array(bytes)
  const out = centre.receive({ ...up({ function: '42' }), encoding, body }, NOW)
  expect([kinds(out), notices(out)]).toEqual([
    ['report', 'notice'],
    [{ code: 'command-failed', command: 'a', reason: 'echo-differs' }],
  ])
})

const noise = fc.record({
  encoding: fc.constantFrom('hex', 'ascii'),
  direction: fc.constantFrom('up', 'up', 'up', 'down'),
  centre: fc.integer({ min: 0, max: 255 }),
  station: fc.constantFrom('0000000001', '00000000A2'),
  password: fc.constantFrom('1234', 'FFFF'),
  function: fc.constantFrom('2F', '30', '36', '42', '49', '4A', '51', '10', 'E1'),
  end: fc.constantFrom('ETX', 'ETB', 'ENQ', 'NAK'),
  body: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 40 }),
    fc.constantFrom('001f260701120000', '0020260701120000Z 1.2 ').map((text) => new Uint8Array(Buffer.from(text))),
  ),
  packets: fc.constantFrom(undefined, 0, 1, 2, 3, 4095),
  packet: fc.integer({ min: 0, max: 4 }),
})

test('a command that no frame holds any more when its turn comes is told, and the next one follows', () => {
  const centre = open('M2')
  const long = [{ id: '03', def: '18', hex: '123456' }]
  centre.command(STATION, { id: 'a', function: '49', body: { parameters: long } }, NOW)
  centre.command(STATION, { id: 'b', function: '51' }, NOW)
  centre.receive(up(), NOW)
  expect(notices(centre.receive(up({ serial: 2, function: '49', parameters: long }), NOW))).toEqual([
    { code: 'command-done', command: 'a' },
    { code: 'command-failed', command: 'b', reason: 'not-encodable' },
  ])
})

test('nothing that a station sends throws, and what is held stays within its bounds', () => {
  fc.assert(
    fc.property(fc.constantFrom(...LINK_MODES), fc.array(noise, { maxLength: 40, size: 'max' }), (mode, frames) => {
      const centre = open(mode, { limits: { assembliesBytesMax: 100, assembliesMax: 2, sessionsMax: 2 } })
      for (const station of ['0000000001', '00000000A2'])
        for (const code of ['42', '49', '4A'])
          centre.command(station, { id: code, function: code, body: code === '4A' ? {} : { parameters } }, NOW)
      for (const [index, { packets, packet, ...frame }] of frames.entries()) {
        const parts = packets === undefined ? {} : { packets, packet }
        const at = NOW + index * 7_000
        for (const one of [...centre.receive({ ...frame, ...parts }, at), ...centre.tick(at)])
          if (one.kind === 'send') expect(decodeFrame(one.bytes).direction).toBe('down')
        expect(centre.assemblyBytes).toBeLessThanOrEqual(100)
      }
    }),
  )
})

test('bytes and frames agree: what is decoded from the line is what the centre takes', () => {
  const frame = up({ function: '34', serial: 9 })
  expect(ends(open().receive(decodeFrame(encodeFrame(frame)), NOW))).toEqual(['EOT'])
})
