import { once, setMaxListeners } from 'node:events'
import { ServerTCP } from 'modbus-serial'
import { expect, onTestFinished, test } from 'vitest'
import { wallClock } from '#devices'
import { encodeResponse, encodeTcp } from '#protocols/modbus'
import { type Bus, openBus } from './bus.ts'
import { DriverError } from './driver-error.ts'
import { queryOf } from './framing.ts'
import { type Line, TIMEOUTS_IN_ROW_MAX } from './line.ts'
import { LINE_PENDING_MAX, UNIT_PENDING_MAX } from './line-queue.ts'
import { type AskedTcp, echoTcp, freePort, openScriptedSlave } from './scripted-slave.ts'

const running = new AbortController().signal
setMaxListeners(0, running)
const read = queryOf({ function: 3, address: 100, count: 3 })
const other = queryOf({ function: 3, address: 200, count: 3 })
const answer = { function: 3, registers: [100, 101, 102] }
const otherAnswer = { function: 3, registers: [200, 201, 202] }
/** Long enough never to end on a busy machine. */
const LONG_MS = 30_000
const SHORT_MS = 60

/** A bus without a backoff to wait for, and what it logged. */
function quickBus(): { bus: Bus; logged: string[] } {
  const logged: string[] = []
  const bus = openBus({
    clock: { ...wallClock(), mono: () => wallClock().mono() * 1000 },
    log: { info: (_, message) => void logged.push(message), warn: (_, message) => void logged.push(message) },
    random: () => 0,
  })
  onTestFinished(() => bus[Symbol.asyncDispose]())
  return { bus, logged }
}

async function lineTo(
  script: (asked: AskedTcp) => void,
): Promise<{ line: Line; slave: Awaited<ReturnType<typeof openScriptedSlave>> }> {
  const slave = await openScriptedSlave(script)
  onTestFinished(() => slave[Symbol.asyncDispose]())
  return { line: quickBus().bus.lease(slave.url).line, slave }
}

/** What a promise was rejected with. */
async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  return undefined
}

test('an independent slave is read and written by every function', async () => {
  const coils = new Map<number, boolean>()
  const registers = new Map<number, number>([[7, 700]])
  const port = await freePort()
  const server = new ServerTCP(
    {
      getCoil: (address: number) => coils.get(address) ?? false,
      getDiscreteInput: (address: number) => address % 3 === 0,
      getHoldingRegister: (address: number) => registers.get(address) ?? 0,
      getInputRegister: (address: number, unit: number) => address * 10 + unit,
      setCoil: (address: number, value: boolean) => void coils.set(address, value),
      setRegister: (address: number, value: number) => void registers.set(address, value),
    },
    { host: '127.0.0.1', port, unitID: 255 },
  )
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())))
  await once(server, 'initialized')
  const { line } = quickBus().bus.lease(`tcp://127.0.0.1:${port}`)
  const ask = (request: Parameters<typeof queryOf>[0]) => line.transact(17, queryOf(request), LONG_MS, running)

  expect(await ask({ function: 4, address: 3, count: 2 })).toEqual({ function: 4, registers: [47, 57] })
  expect(await ask({ function: 2, address: 0, count: 10 })).toEqual({
    function: 2,
    bits: [true, false, false, true, false, false, true, false, false, true],
  })
  expect(await ask({ function: 5, address: 4, value: true })).toEqual({ function: 5, address: 4, value: true })
  expect(await ask({ function: 15, address: 6, count: 2, bits: [true, true] })).toEqual({ function: 15, address: 6, count: 2 })
  expect(await ask({ function: 1, address: 4, count: 4 })).toEqual({ function: 1, bits: [true, false, true, true] })
  expect(await ask({ function: 6, address: 8, value: 800 })).toEqual({ function: 6, address: 8, value: 800 })
  expect(await ask({ function: 16, address: 9, count: 2, registers: [900, 1000] })).toEqual({
    function: 16,
    address: 9,
    count: 2,
  })
  expect(await ask({ function: 3, address: 7, count: 4 })).toEqual({ function: 3, registers: [700, 800, 900, 1000] })
  expect(line.counts).toMatchObject({ requests: 8, answers: 8, connections: 1, late: 0, foreign: 0, garbageBytes: 0 })
})

test('one request is on the line at a time, in the order they came, over one connection', async () => {
  let open = 0
  let most = 0
  const units: number[] = []
  const { line, slave } = await lineTo((asked) => {
    most = Math.max(most, ++open)
    units.push(asked.unit)
    setImmediate(() => {
      open--
      asked.socket.write(echoTcp(asked))
    })
  })
  await Promise.all(Array.from({ length: 50 }, (_, unit) => line.transact(unit, read, LONG_MS, running)))
  expect(most).toBe(1)
  expect(units).toEqual(Array.from({ length: 50 }, (_, unit) => unit))
  expect(slave.connections()).toBe(1)
})

test('a unit with many requests does not keep another waiting, and its own stay in order', async () => {
  const asked: string[] = []
  const { line } = await lineTo((each) => {
    if (each.request.function === 3 && 'address' in each.request) asked.push(`${each.unit}:${each.request.address}`)
    each.socket.write(echoTcp(each))
  })
  const ask = (unit: number, address: number) =>
    line.transact(unit, queryOf({ function: 3, address, count: 1 }), LONG_MS, running)
  const many = Array.from({ length: 40 }, (_, address) => ask(1, address))
  await Promise.all([ask(2, 0), ask(3, 0), ask(2, 1), ...many])
  expect(asked.slice(0, 6)).toEqual(['1:0', '1:1', '2:0', '3:0', '1:2', '2:1'])
  expect(asked.slice(6)).toEqual(Array.from({ length: 37 }, (_, index) => `1:${index + 3}`))
})

test('a silent slave is a timeout, and the connection stays', async () => {
  const { line, slave } = await lineTo((asked) => {
    if (asked.index > 0) asked.socket.write(echoTcp(asked))
  })
  expect(await errorOf(line.transact(1, read, SHORT_MS, running))).toMatchObject({ name: 'DriverError', code: 'timeout' })
  expect(await line.transact(1, read, LONG_MS, running)).toEqual(answer)
  expect(slave.connections()).toBe(1)
  expect(line.counts).toMatchObject({ timeouts: 1, answers: 1 })
})

test('a connection on which nothing answers any more is given up', async () => {
  const { line, slave } = await lineTo(() => {})
  for (let turn = 0; turn <= TIMEOUTS_IN_ROW_MAX; turn++) {
    expect(await errorOf(line.transact(1, read, 20, running))).toMatchObject({ code: 'timeout' })
  }
  expect(slave.connections()).toBe(2)
})

test('an answer that comes after its deadline is never taken for the next one', async () => {
  let first: AskedTcp | undefined
  const { line } = await lineTo((asked) => {
    if (first === undefined) first = asked
    else asked.socket.write(Buffer.concat([echoTcp(first), echoTcp(asked)]))
  })
  expect(await errorOf(line.transact(1, read, SHORT_MS, running))).toMatchObject({ code: 'timeout' })
  expect(await line.transact(1, other, LONG_MS, running)).toEqual(otherAnswer)
  expect(line.counts).toMatchObject({ late: 1, foreign: 0 })
})

test('two answers in one segment: the first counts, the other is dropped', async () => {
  const { line } = await lineTo((asked) => asked.socket.write(Buffer.concat([echoTcp(asked), echoTcp(asked)])))
  expect(await line.transact(1, read, LONG_MS, running)).toEqual(answer)
  expect(await line.transact(1, other, LONG_MS, running)).toEqual(otherAnswer)
  expect(line.counts.late).toBeGreaterThanOrEqual(1)
})

test.each([
  ['transaction', { transaction: 40_000 }],
  ['unit', { unit: 9 }],
])('an answer of another %s is dropped, and the right one behind it taken', async (_, differs) => {
  const { line, slave } = await lineTo((asked) => {
    asked.socket.write(echoTcp(asked, differs))
    if (asked.index > 0) asked.socket.write(echoTcp(asked))
  })
  expect(await errorOf(line.transact(1, read, SHORT_MS, running))).toMatchObject({ code: 'timeout' })
  expect(await line.transact(1, read, LONG_MS, running)).toEqual(answer)
  expect(line.counts).toMatchObject({ foreign: 2, answers: 1 })
  expect(slave.connections()).toBe(1)
})

test('an exception is told with its number', async () => {
  const { line, slave } = await lineTo(({ transaction, unit, socket }) => {
    socket.write(encodeTcp(transaction, unit, encodeResponse({ function: 3, exception: 2 })))
  })
  expect(await errorOf(line.transact(1, read, LONG_MS, running))).toMatchObject({
    name: 'ProtocolError',
    code: 'exception',
    exception: 2,
  })
  expect(line.counts).toMatchObject({ exceptions: 1, answers: 0 })
  expect(slave.connections()).toBe(1)
})

test.each([
  ['of another function', encodeResponse({ function: 4, registers: [1, 2, 3] })],
  ['with more registers', encodeResponse({ function: 3, registers: [1, 2, 3, 4] })],
  ['with fewer registers', encodeResponse({ function: 3, registers: [1, 2] })],
  ['of an unknown function', Uint8Array.of(0x2b, 1, 2)],
])('an answer %s is refused at once', async (_, pdu) => {
  const { line } = await lineTo(({ transaction, unit, socket }) => socket.write(encodeTcp(transaction, unit, pdu)))
  const error = await errorOf(line.transact(1, read, LONG_MS, running))
  expect(error).toMatchObject({ name: 'ProtocolError', code: expect.stringMatching(/malformed|truncated|unsupported/) })
  expect(line.counts).toMatchObject({ malformed: 1, answers: 0 })
})

test('garbage ends the connection and the request, and the next request has a new connection', async () => {
  const { line, slave } = await lineTo((asked) => {
    asked.socket.write(asked.index === 1 ? Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') : echoTcp(asked))
  })
  expect(await line.transact(1, read, LONG_MS, running)).toEqual(answer)
  expect(await errorOf(line.transact(1, read, LONG_MS, running))).toMatchObject({ name: 'ProtocolError', code: 'malformed' })
  expect(await line.transact(1, read, LONG_MS, running)).toEqual(answer)
  expect(slave.connections()).toBe(2)
  expect(line.counts.garbageBytes).toBeGreaterThan(0)
})

test('a megabyte of noise that nobody asked for ends the connection only', async () => {
  const { line } = await lineTo((asked) => {
    asked.socket.write(asked.index === 0 ? Buffer.concat([echoTcp(asked), Buffer.alloc(1 << 20, 0x5a)]) : echoTcp(asked))
  })
  expect(await line.transact(1, read, LONG_MS, running)).toEqual(answer)
  expect(await line.transact(1, other, LONG_MS, running)).toEqual(otherAnswer)
})

test('half a frame is no answer and does not spoil the next', async () => {
  const { line } = await lineTo((asked) => {
    const frame = echoTcp(asked)
    asked.socket.write(asked.index === 0 ? frame.subarray(0, 9) : frame)
  })
  expect(await errorOf(line.transact(1, read, SHORT_MS, running))).toMatchObject({ name: 'ProtocolError', code: 'truncated' })
  expect(await line.transact(1, other, LONG_MS, running)).toEqual(otherAnswer)
})

test('an answer that comes byte by byte is one answer', async () => {
  const { line } = await lineTo(async ({ socket, ...asked }) => {
    for (const byte of echoTcp(asked))
      await new Promise<void>((resolve) => void socket.write(Uint8Array.of(byte), () => resolve()))
  })
  expect(await line.transact(1, read, LONG_MS, running)).toEqual(answer)
})

test('a connection cut mid-frame is unreachable at once, and the next request opens another', async () => {
  const { line, slave } = await lineTo((asked) => {
    const frame = echoTcp(asked)
    if (asked.index !== 1) asked.socket.write(frame)
    else asked.socket.write(frame.subarray(0, 9), () => asked.socket.destroy())
  })
  await line.transact(1, read, LONG_MS, running)
  expect(await errorOf(line.transact(1, read, LONG_MS, running))).toMatchObject({ name: 'DriverError', code: 'unreachable' })
  expect(await line.transact(1, read, LONG_MS, running)).toEqual(answer)
  expect(slave.connections()).toBe(2)
})

test('a device that closes after each answer is read all the same', async () => {
  const { line, slave } = await lineTo((asked) => asked.socket.end(echoTcp(asked)))
  for (let turn = 1; turn <= 20; turn++) expect(await line.transact(1, read, LONG_MS, running)).toEqual(answer)
  expect(slave.connections()).toBe(20)
})

test('a write is never repeated by itself', async () => {
  const { line } = await lineTo((asked) => {
    if (asked.request.function === 3) asked.socket.write(echoTcp(asked))
    else asked.socket.destroy()
  })
  await line.transact(1, read, LONG_MS, running)
  const write = queryOf({ function: 6, address: 1, value: 2 })
  expect(await errorOf(line.transact(1, write, LONG_MS, running))).toMatchObject({ code: 'unreachable' })
  expect(line.counts.requests).toBe(2)
})

test('a read is repeated once only', async () => {
  const { line } = await lineTo((asked) => {
    if (asked.index === 0) asked.socket.write(echoTcp(asked))
    else asked.socket.destroy()
  })
  await line.transact(1, read, LONG_MS, running)
  expect(await errorOf(line.transact(1, read, LONG_MS, running))).toMatchObject({ code: 'unreachable' })
  expect(line.counts.requests).toBe(3)
})

test('a refused connection is unreachable, the wait before the next try is kept, and a line that is back is told', async () => {
  const port = await freePort()
  let now = 0
  const logged: string[] = []
  const bus = openBus({
    clock: { ...wallClock(), mono: () => now },
    log: { info: (_, message) => void logged.push(message), warn: (_, message) => void logged.push(message) },
    random: () => 0.5,
  })
  onTestFinished(() => bus[Symbol.asyncDispose]())
  const { line } = bus.lease(`tcp://127.0.0.1:${port}`)
  for (let turn = 0; turn < 5; turn++) {
    expect(await errorOf(line.transact(1, read, LONG_MS, running))).toMatchObject({ name: 'DriverError', code: 'unreachable' })
  }
  expect(line.counts).toMatchObject({ refusedConnections: 1, requests: 0 })
  now += 1_000_000
  await errorOf(line.transact(1, read, LONG_MS, running))
  expect(line.counts.refusedConnections).toBe(2)
  expect(logged).toEqual(['line lost'])

  const slave = await openScriptedSlave((asked) => asked.socket.write(echoTcp(asked)), { port })
  onTestFinished(() => slave[Symbol.asyncDispose]())
  now += 1_000_000
  expect(await line.transact(1, read, LONG_MS, running)).toEqual(answer)
  expect(logged).toEqual(['line lost', 'line open again'])
})

test('a peer that takes connections and drops them is asked once a connection', async () => {
  const { line, slave } = await lineTo(({ socket }) => socket.destroy())
  for (let turn = 0; turn < 5; turn++)
    expect(await errorOf(line.transact(1, read, LONG_MS, running))).toMatchObject({ code: 'unreachable' })
  expect(slave.connections()).toBe(5)
})

test('a stop ends a request at once, and the line goes on for the others', async () => {
  const held: AskedTcp[] = []
  const { line } = await lineTo((asked) => {
    if (asked.unit === 1) held.push(asked)
    else asked.socket.write(echoTcp(asked))
  })
  const stop = new AbortController()
  const inFlight = errorOf(line.transact(1, read, LONG_MS, stop.signal))
  const waiting = errorOf(line.transact(2, read, LONG_MS, stop.signal))
  const others = line.transact(3, other, LONG_MS, running)
  await expect.poll(() => held.length).toBe(1)
  stop.abort()
  expect(await inFlight).toMatchObject({ code: 'stopped' })
  expect(await waiting).toMatchObject({ code: 'stopped' })
  expect(await errorOf(line.transact(1, read, LONG_MS, stop.signal))).toMatchObject({ code: 'stopped' })
  for (const asked of held) asked.socket.write(echoTcp(asked))
  expect(await others).toEqual(otherAnswer)
})

test('closing the bus ends what waits and what is in flight', async () => {
  const slave = await openScriptedSlave(() => {})
  onTestFinished(() => slave[Symbol.asyncDispose]())
  const { bus } = quickBus()
  const { line } = bus.lease(slave.url)
  const errors = [1, 2, 3].map((unit) => errorOf(line.transact(unit, read, LONG_MS, running)))
  await expect.poll(() => line.counts.requests).toBe(1)
  await bus[Symbol.asyncDispose]()
  for (const error of await Promise.all(errors)) expect(error).toMatchObject({ code: 'stopped' })
  expect(await errorOf(line.transact(1, read, LONG_MS, running))).toMatchObject({ code: 'stopped' })
  expect(() => bus.lease(slave.url)).toThrow(DriverError)
})

test('the queue is bounded, and no unit can take the places of the others', async () => {
  const { line } = await lineTo(() => {})
  const stop = new AbortController()
  setMaxListeners(0, stop.signal)
  const ask = (unit: number) => errorOf(line.transact(unit, read, LONG_MS, stop.signal))
  // One is under way.
  const waiting = Array.from({ length: UNIT_PENDING_MAX + 1 }, () => ask(1))
  expect(await ask(1)).toMatchObject({ name: 'DriverError', code: 'overloaded' })
  for (let unit = 2; waiting.length <= LINE_PENDING_MAX; unit++)
    waiting.push(...Array.from({ length: UNIT_PENDING_MAX }, () => ask(unit)))
  expect(await ask(200)).toMatchObject({ name: 'DriverError', code: 'overloaded' })
  expect(line.counts.overloads).toBe(2)
  stop.abort()
  for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ code: 'stopped' })
})

test('devices that mean one line share it, and it closes with the last of them', async () => {
  const { slave } = await lineTo((asked) => asked.socket.write(echoTcp(asked)))
  const answering = await openScriptedSlave((asked) => asked.socket.write(echoTcp(asked)))
  onTestFinished(() => answering[Symbol.asyncDispose]())
  expect(slave.connections()).toBe(0)
  const { bus } = quickBus()
  const one = bus.lease(answering.url)
  const two = bus.lease(`${answering.url}/`)
  expect(two.line).toBe(one.line)
  await one[Symbol.asyncDispose]()
  await one[Symbol.asyncDispose]()
  expect(await two.line.transact(1, read, LONG_MS, running)).toEqual(answer)
  expect([...bus.counts().keys()]).toEqual([answering.url])
  await two[Symbol.asyncDispose]()
  expect(bus.counts().size).toBe(0)
  expect(await errorOf(two.line.transact(1, read, LONG_MS, running))).toMatchObject({ code: 'stopped' })
  expect(await bus.lease(answering.url).line.transact(1, read, LONG_MS, running)).toEqual(answer)
})
