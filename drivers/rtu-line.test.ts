import { expect, onTestFinished, test } from 'vitest'
import { wallClock } from '#devices'
import { encodeResponse, encodeRtu } from '#protocols/modbus'
import { openBus } from './bus.ts'
import { queryOf } from './framing.ts'
import type { Line } from './line.ts'
import { OWED_MS, RtuFraming } from './rtu-framing.ts'
import { type Asked, echoRtu, openScriptedSlave } from './scripted-slave.ts'

const running = new AbortController().signal
const read = queryOf({ function: 4, address: 100, count: 3 })
const longer = queryOf({ function: 4, address: 200, count: 4 })
const answer = { function: 4, registers: [100, 101, 102] }
const LONG_MS = 30_000
const SHORT_MS = 60

async function lineTo(script: (asked: Asked) => void): Promise<Line> {
  const slave = await openScriptedSlave(script, { kind: 'rtu+tcp' })
  onTestFinished(() => slave[Symbol.asyncDispose]())
  const bus = openBus({ clock: wallClock(), log: { info: () => {}, warn: () => {} }, random: () => 0 })
  onTestFinished(() => bus[Symbol.asyncDispose]())
  return bus.lease(slave.url).line
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  return undefined
}

test('RTU frames through a serial server, however they are cut', async () => {
  const line = await lineTo(async (asked) => {
    for (const byte of echoRtu(asked))
      await new Promise<void>((resolve) => void asked.socket.write(Uint8Array.of(byte), () => resolve()))
  })
  for (const unit of [1, 246, 255]) expect(await line.transact(unit, read, LONG_MS, running)).toEqual(answer)
  expect(line.counts).toMatchObject({ answers: 3, garbageBytes: 0, late: 0, foreign: 0 })
})

test('an answer behind noise is found', async () => {
  const line = await lineTo((asked) => asked.socket.write(Buffer.concat([Uint8Array.of(0, 0xff, asked.unit), echoRtu(asked)])))
  expect(await line.transact(7, read, LONG_MS, running)).toEqual(answer)
  expect(line.counts.garbageBytes).toBe(3)
})

test('an answer with a flipped bit is a checksum error that shows the bytes', async () => {
  const line = await lineTo((asked) => {
    const frame = echoRtu(asked)
    frame[4] = (frame[4] ?? 0) ^ 1
    asked.socket.write(frame)
  })
  const error = await errorOf(line.transact(7, read, SHORT_MS, running))
  expect(error).toMatchObject({ name: 'ProtocolError', code: 'checksum', message: expect.stringContaining('[0704060065') })
  expect(line.counts.malformed).toBe(1)
})

test('the sound answer of another unit is no answer', async () => {
  const line = await lineTo((asked) => asked.socket.write(echoRtu({ ...asked, unit: asked.unit + 1 })))
  expect(await errorOf(line.transact(7, read, SHORT_MS, running))).toMatchObject({ name: 'DriverError', code: 'timeout' })
  expect(line.counts.foreign + line.counts.late).toBe(1)
})

test('an exception is told with its number', async () => {
  const line = await lineTo(({ unit, socket }) => socket.write(encodeRtu(unit, encodeResponse({ function: 4, exception: 11 }))))
  expect(await errorOf(line.transact(7, read, LONG_MS, running))).toMatchObject({ code: 'exception', exception: 11 })
})

test('a late answer is not taken for that of another unit or of another length', async () => {
  let late: Uint8Array | undefined
  const line = await lineTo((asked) => {
    if (late === undefined) late = echoRtu(asked)
    else asked.socket.write(Buffer.concat([late, echoRtu(asked)]))
  })
  expect(await errorOf(line.transact(7, read, SHORT_MS, running))).toMatchObject({ code: 'timeout' })
  expect(await line.transact(8, read, LONG_MS, running)).toEqual(answer)
  expect(await line.transact(7, longer, LONG_MS, running)).toMatchObject({ registers: [200, 201, 202, 203] })
})

test('a request that a late answer would pass for waits until none can be owed any more', () => {
  let now = 0
  const framing = new RtuFraming(() => now)
  const elsewhere = queryOf({ function: 4, address: 500, count: 3 })
  framing.start(7, read)
  framing.giveUp()
  expect(framing.holdMs(7, elsewhere)).toBe(OWED_MS)
  expect([framing.holdMs(7, longer), framing.holdMs(8, read)]).toEqual([0, 0])
  now = OWED_MS - 1
  expect(framing.holdMs(7, elsewhere)).toBe(1)
  now = OWED_MS
  expect(framing.holdMs(7, elsewhere)).toBe(0)
})

test('what a late answer says while nobody asks is dropped', () => {
  const framing = new RtuFraming(() => 0)
  framing.start(7, read)
  framing.giveUp()
  expect(framing.receive(encodeRtu(7, encodeResponse(answer as Parameters<typeof encodeResponse>[0])))).toBeUndefined()
  expect(framing.counts).toEqual({ late: 1, foreign: 0, garbageBytes: 0 })
  framing.receive(new Uint8Array(1000))
  expect(framing.counts.garbageBytes).toBe(1000)
})
