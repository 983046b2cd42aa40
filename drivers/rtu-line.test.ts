import { describe, expect, onTestFinished, test } from 'vitest'
import { wallClock } from '#devices'
import { encodeRequest, encodeResponse, encodeRtu } from '#protocols/modbus'
import { openPty } from '#simulator'
import { openBus } from './bus.ts'
import { queryOf } from './framing.ts'
import type { Line } from './line.ts'
import { type Asked, echoRtu, openScriptedSlave, serveSerial } from './scripted-slave.ts'

const running = new AbortController().signal
const read = queryOf({ function: 4, address: 100, count: 3 })
const alike = queryOf({ function: 4, address: 500, count: 3 })
const longer = queryOf({ function: 4, address: 200, count: 4 })
const single = queryOf({ function: 3, address: 7, count: 1 })
const singleAlike = queryOf({ function: 3, address: 8, count: 1 })
const bits = queryOf({ function: 1, address: 0, count: 5 })
const answer = { function: 4, registers: [100, 101, 102] }
const alikeAnswer = { function: 4, registers: [500, 501, 502] }
const LONG_MS = 30_000
/** Enough for an answer on a busy machine where its end has to be waited for. */
const HEARD_MS = 500
const SHORT_MS = 60

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  return undefined
}

const transports = {
  'a serial server': async (script: (asked: Asked) => void): Promise<string> => {
    const slave = await openScriptedSlave(script, { kind: 'rtu+tcp' })
    onTestFinished(() => slave[Symbol.asyncDispose]())
    return slave.url
  },
  'a serial line': async (script: (asked: Asked) => void): Promise<string> => {
    const pty = openPty()
    onTestFinished(() => pty[Symbol.asyncDispose]())
    serveSerial(pty, script)
    return `serial://${pty.path}?baud=19200`
  },
}

describe.each(Object.entries(transports))('through %s', (_, serve) => {
  async function lineTo(script: (asked: Asked) => void): Promise<Line> {
    const url = await serve(script)
    const bus = openBus({ clock: wallClock(), log: { info: () => {}, warn: () => {} }, random: () => 0 })
    onTestFinished(() => bus[Symbol.asyncDispose]())
    return bus.lease(url).line
  }

  test('frames are read however they are cut', async () => {
    const line = await lineTo(async (asked) => {
      for (const byte of echoRtu(asked)) {
        asked.write(Uint8Array.of(byte))
        await new Promise((resolve) => setImmediate(resolve))
      }
    })
    for (const unit of [1, 246, 255]) expect(await line.transact(unit, read, LONG_MS, running)).toEqual(answer)
    expect(line.counts).toMatchObject({ answers: 3, garbageBytes: 0, late: 0, foreign: 0 })
  })

  test('an answer behind noise is found', async () => {
    const line = await lineTo((asked) => asked.write(Buffer.concat([Uint8Array.of(0, 0xff, asked.unit), echoRtu(asked)])))
    expect(await line.transact(7, read, LONG_MS, running)).toEqual(answer)
    expect(line.counts.garbageBytes).toBe(3)
  })

  test('an answer behind half of another is found once the line is silent', async () => {
    const line = await lineTo((asked) => asked.write(Buffer.concat([echoRtu(asked).subarray(0, 6), echoRtu(asked)])))
    expect(await line.transact(7, read, LONG_MS, running)).toEqual(answer)
  })

  test('an answer with a flipped bit is a checksum error that shows the bytes', async () => {
    const line = await lineTo((asked) => {
      const frame = echoRtu(asked)
      frame[4] = (frame[4] ?? 0) ^ 1
      asked.write(frame)
    })
    const error = await errorOf(line.transact(7, read, HEARD_MS, running))
    expect(error).toMatchObject({ name: 'ProtocolError', code: 'checksum', message: expect.stringContaining('[0704060065') })
    expect(line.counts.malformed).toBe(1)
  })

  test('half an answer and a silent device are no answer', async () => {
    const line = await lineTo((asked) => {
      if (asked.index === 0) asked.write(echoRtu(asked).subarray(0, 7))
    })
    expect(await errorOf(line.transact(7, read, HEARD_MS, running))).toMatchObject({ code: 'checksum' })
    expect(await errorOf(line.transact(7, read, SHORT_MS, running))).toMatchObject({ code: 'timeout' })
    expect(line.counts).toMatchObject({ malformed: 1, timeouts: 1, answers: 0 })
  })

  test('the sound answer of another unit is no answer', async () => {
    const line = await lineTo((asked) => asked.write(echoRtu({ ...asked, unit: asked.unit + 1 })))
    expect(await errorOf(line.transact(7, read, HEARD_MS, running))).toMatchObject({ name: 'DriverError', code: 'timeout' })
    expect(line.counts).toMatchObject({ foreign: 1, late: 0 })
  })

  test('an exception is told with its number', async () => {
    const line = await lineTo(({ unit, write }) => write(encodeRtu(unit, encodeResponse({ function: 4, exception: 11 }))))
    expect(await errorOf(line.transact(7, read, LONG_MS, running))).toMatchObject({ code: 'exception', exception: 11 })
  })

  test('glued frames: the first answer counts, its double and the frame of another unit are dropped', async () => {
    const line = await lineTo((asked) =>
      asked.write(Buffer.concat([echoRtu({ ...asked, unit: 99 }), echoRtu(asked), echoRtu(asked)])),
    )
    expect(await line.transact(7, read, LONG_MS, running)).toEqual(answer)
    expect(await line.transact(7, alike, LONG_MS, running)).toEqual(alikeAnswer)
  })

  test('while a unit is given time for an answer that it owes, another is asked', async () => {
    const units: number[] = []
    const line = await lineTo((asked) => {
      units.push(asked.unit)
      if (asked.index > 0) asked.write(echoRtu(asked))
    })
    expect(await errorOf(line.transact(7, read, HEARD_MS, running))).toMatchObject({ code: 'timeout' })
    const owing = line.transact(7, alike, LONG_MS, running)
    expect(await line.transact(8, read, LONG_MS, running)).toEqual(answer)
    expect(await owing).toEqual(alikeAnswer)
    // The one before its own proves that nothing is owed any more.
    expect(units).toEqual([7, 8, 7, 7])
  })

  test('two glued answers that differ are none', async () => {
    const line = await lineTo((asked) => {
      const other = encodeRtu(asked.unit, encodeResponse({ function: 4, registers: [1, 2, 3] }))
      asked.write(asked.index === 0 ? Buffer.concat([other, echoRtu(asked)]) : echoRtu(asked))
    })
    expect(await errorOf(line.transact(7, read, HEARD_MS, running))).toMatchObject({ code: 'malformed' })
    expect(await line.transact(7, alike, LONG_MS, running)).toEqual(alikeAnswer)
  })

  test.each([
    ['of another unit', 8, read, answer],
    ['of another length', 7, longer, { function: 4, registers: [200, 201, 202, 203] }],
    ['of another address', 7, alike, alikeAnswer],
  ])('a late answer is not taken for that %s', async (_name, unit, query, expected) => {
    let late: Uint8Array | undefined
    const line = await lineTo((asked) => {
      if (late === undefined) late = echoRtu(asked)
      else {
        asked.write(Buffer.concat([late, echoRtu(asked)]))
        late = new Uint8Array()
      }
    })
    expect(await errorOf(line.transact(7, read, SHORT_MS, running))).toMatchObject({ code: 'timeout' })
    expect(await line.transact(unit, query, LONG_MS, running)).toEqual(expected)
    expect(line.counts.late).toBe(1)
  })

  test.each([
    ['several registers', [read, alike]],
    ['one register', [single, singleAlike]],
    ['bits', [bits]],
  ])('a device that stays one answer behind is never believed about %s', async (_name, queries) => {
    let last = new Uint8Array()
    const line = await lineTo((asked) => {
      asked.write(last)
      last = new Uint8Array(echoRtu(asked))
    })
    for (let turn = 0; turn < 9; turn++) {
      const query = queries[turn % queries.length] ?? read
      expect(await errorOf(line.transact(7, query, 30, running))).toMatchObject({
        code: expect.stringMatching(/^(timeout|malformed)$/),
      })
    }
  })

  test('a device that knows no longer read than its one register is read again after a timeout', async () => {
    const asks: number[] = []
    const line = await lineTo((asked) => {
      const count = 'count' in asked.request ? asked.request.count : 0
      asks.push(count)
      if (asks.length === 1) return
      asked.write(
        count === 1 ? echoRtu(asked) : encodeRtu(asked.unit, encodeResponse({ function: asked.request.function, exception: 2 })),
      )
    })
    expect(await errorOf(line.transact(7, single, SHORT_MS, running))).toMatchObject({ code: 'timeout' })
    expect(await line.transact(7, singleAlike, LONG_MS, running)).toEqual({ function: 3, registers: [8] })
    expect(asks).toEqual([1, 2, 1])
  })

  test('a line that echoes is read and written, and no echo is taken for the answer to a write', async () => {
    let isSilent = false
    const line = await lineTo((asked) => {
      const { unit, request } = asked
      asked.write(encodeRtu(unit, encodeRequest(request)))
      if (!isSilent)
        asked.write(request.function === 6 ? encodeRtu(unit, encodeResponse({ ...request, function: 6 })) : echoRtu(asked))
    })
    const write = queryOf({ function: 6, address: 5, value: 77 })
    // The first write is preceded by a read: it tells whether the line echoes.
    expect(await line.transact(7, write, LONG_MS, running)).toEqual({ function: 6, address: 5, value: 77 })
    expect(await line.transact(7, read, LONG_MS, running)).toEqual(answer)
    isSilent = true
    expect(await errorOf(line.transact(7, write, HEARD_MS, running))).toMatchObject({ code: 'timeout' })
    expect(await errorOf(line.transact(8, read, HEARD_MS, running))).toMatchObject({ code: 'timeout' })
    expect(line.counts).toMatchObject({ echoes: 5, answers: 2, garbageBytes: 0 })
  })

  test('a line without an echo is written, also when that is the first thing asked of it', async () => {
    const line = await lineTo(({ unit, request, write }) => {
      if (request.function === 5) write(encodeRtu(unit, encodeRequest(request)))
      else write(encodeRtu(unit, encodeResponse({ function: request.function, exception: 1 })))
    })
    const write = queryOf({ function: 5, address: 5, value: true })
    for (let turn = 0; turn < 2; turn++)
      expect(await line.transact(7, write, LONG_MS, running)).toEqual({ function: 5, address: 5, value: true })
    expect(line.counts).toMatchObject({ requests: 3, echoes: 0, exceptions: 0 })
  })
})
