import { expect, test } from 'vitest'
import { decodeSerialCard } from '#protocols/cards'
import { decodeMessage, encodeMessage } from '#protocols/sl651'
import { type WireMask, type WirePiece, wireMask } from './mask.ts'

const SALT = Uint8Array.from({ length: 16 }, (_, index) => index)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const joined = (pieces: readonly WirePiece[]): Uint8Array => Buffer.concat(pieces.map((piece) => piece.bytes))

function maskOf(protocol: string): WireMask {
  const mask = wireMask(protocol, SALT)
  if (mask === undefined) throw new Error('no mask')
  return mask
}

const head = { direction: 'down', centre: 1, station: '0012345678', password: 'A1B2', end: 'ENQ' } as const
const report = encodeMessage({ ...head, direction: 'up', end: 'ETX', function: '2F', serial: 7, sendTime: '260701080000' })

test('a protocol without secrets has no mask', () => {
  expect(wireMask('modbus', SALT)).toBeUndefined()
})

test('the password of a frame is no longer in it, and all else is, at its times and as it was cut', () => {
  const mask = maskOf('sl651')
  const cuts = [report.subarray(0, 3), report.subarray(3, 11), report.subarray(11)]
  const pieces = cuts.flatMap((cut, index) => mask.push('rx', cut, index))
  expect(pieces.map(({ kind, at, bytes: { length } }) => ({ kind, at, length }))).toEqual(
    cuts.map(({ length }, at) => ({ kind: 'rx', at, length })),
  )
  expect(decodeMessage(joined(pieces))).toEqual({ ...decodeMessage(report), password: '0000' })
})

test('two frames in one piece, and the begin of a third, are told apart', () => {
  const mask = maskOf('sl651')
  const first = mask.push('rx', Buffer.concat([report, report, report.subarray(0, 9)]), 5)
  expect(joined(first)).toHaveLength(report.length * 2)
  const last = mask.push('rx', report.subarray(9), 8)
  expect(last.map(({ at, bytes: { length } }) => [at, length])).toEqual([
    [5, 9],
    [8, report.length - 9],
  ])
  expect(decodeMessage(joined(last)).password).toBe('0000')
})

test('a password that is changed, and one among the parameters, is masked as well', () => {
  const change = encodeMessage({
    ...head,
    function: '49',
    serial: 1,
    sendTime: '260701080000',
    parameters: [
      { id: '03', def: '10', hex: 'A1B2' },
      { id: '03', def: '10', hex: 'C3D4' },
    ],
  })
  const changed = decodeMessage(joined(maskOf('sl651').push('tx', change, 0)))
  expect(changed.parameters?.map(({ hex }) => hex)).toEqual(['0000', '0000'])
  const told = encodeMessage({
    ...head,
    direction: 'up',
    end: 'ETX',
    function: '41',
    serial: 1,
    sendTime: '260701080000',
    parameters: [
      { id: '01', def: '20', hex: '01020304' },
      { id: '03', def: '10', hex: 'A1B2' },
    ],
  })
  const { parameters } = decodeMessage(joined(maskOf('sl651').push('rx', told, 0)))
  expect(parameters?.map(({ hex }) => hex)).toEqual(['01020304', '0000'])
})

test('what is no frame becomes zeros, for nobody knows what is in it', () => {
  const mask = maskOf('sl651')
  const damaged = new Uint8Array(report)
  damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1
  const pieces = [...mask.push('rx', damaged, 0), ...mask.push('rx', report, 1)]
  const all = joined(pieces)
  expect([...all.subarray(0, damaged.length)].every((byte) => byte === 0)).toBe(true)
  expect(decodeMessage(all.subarray(damaged.length)).password).toBe('0000')
})

test('half a frame goes out as zeros before what the other side says, so that times only rise', () => {
  const mask = maskOf('sl651')
  expect(mask.push('rx', report.subarray(0, 9), 1)).toEqual([])
  const pieces = mask.push('tx', report, 2)
  expect(pieces.map(({ kind, at }) => [kind, at])).toEqual([
    ['rx', 1],
    ['tx', 2],
  ])
  expect(pieces[0]?.bytes).toEqual(Buffer.alloc(9))
  mask.push('rx', report.subarray(0, 9), 3)
  expect(mask.flush()).toEqual([{ kind: 'rx', at: 3, bytes: Buffer.alloc(9) }])
  expect(mask.flush()).toEqual([])
})

test('a card becomes another one, the same each time within a recording and another in the next', () => {
  const mask = maskOf('serial-card')
  const card = bytes('04A2B3C4D5E6F7\r\n')
  const [one, again] = [joined(mask.push('rx', card, 0)), joined(mask.push('rx', card, 1))]
  expect(decodeSerialCard(one).uid).not.toBe('04A2B3C4D5E6F7')
  expect(one).toHaveLength(card.length)
  expect(again).toEqual(one)
  expect(joined(wireMask('serial-card', Uint8Array.of(9))?.push('rx', card, 0) ?? [])).not.toEqual(one)
  const number = bytes('0012345678\r\n')
  const masked = decodeSerialCard(joined(mask.push('rx', number, 2)))
  expect(masked.form).toBe('decimal')
  expect(masked.decimal).not.toBe('0012345678')
})
