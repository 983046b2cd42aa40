import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ServerSerial } from 'modbus-serial'
import { expect, onTestFinished, test } from 'vitest'
import { wallClock } from '#devices'
import { encodeResponse, encodeRtu } from '#protocols/modbus'
import { openPty, type Pty } from '#simulator'
import { type Bus, openBus } from './bus.ts'
import { queryOf } from './framing.ts'
import { NOISE_MS_MAX } from './line.ts'
import { type Asked, echoRtu, openScriptedSlave, serveSerial } from './scripted-slave.ts'
import { serialTiming } from './serial-timing.ts'

const running = new AbortController().signal
const read = queryOf({ function: 4, address: 100, count: 3 })
const answer = { function: 4, registers: [100, 101, 102] }
const LONG_MS = 30_000

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  return undefined
}

function ptyFor(script: (asked: Asked) => void = (asked) => asked.write(echoRtu(asked))): Pty {
  const pty = openPty()
  onTestFinished(() => pty[Symbol.asyncDispose]())
  serveSerial(pty, script)
  return pty
}

function openTestBus(clock = wallClock()): { bus: Bus; logged: string[] } {
  const logged: string[] = []
  const note = (_: object, message: string): void => void logged.push(message)
  const bus = openBus({ clock, log: { info: note, warn: note }, random: () => 0 })
  onTestFinished(() => bus[Symbol.asyncDispose]())
  return { bus, logged }
}

/** A path that can be made to lead elsewhere, as that of an adapter that was plugged in again. */
function linkTo(target: string): { path: string; lead(to: string): void } {
  const folder = mkdtempSync(join(tmpdir(), 'serial-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'ttyUSB0')
  symlinkSync(target, path)
  return {
    path,
    lead(to) {
      symlinkSync(to, `${path}.new`)
      renameSync(`${path}.new`, path)
    },
  }
}

test('an independent slave is read and written by every function', async () => {
  // It opens a port of its own, so two terminals are joined to a cable.
  const [ours, its] = [openPty(), openPty()]
  for (const pty of [ours, its]) onTestFinished(() => pty[Symbol.asyncDispose]())
  ours.input.on('data', (bytes: Uint8Array) => its.write(bytes))
  its.input.on('data', (bytes: Uint8Array) => ours.write(bytes))
  const registers = new Map<number, number>([[7, 700]])
  const coils = new Map<number, boolean>()
  const server = new ServerSerial(
    {
      getCoil: (address: number) => coils.get(address) ?? false,
      getDiscreteInput: (address: number) => address % 3 === 0,
      getHoldingRegister: (address: number) => registers.get(address) ?? 0,
      getInputRegister: (address: number, unit: number) => address * 10 + unit,
      setCoil: (address: number, value: boolean) => void coils.set(address, value),
      setRegister: (address: number, value: number) => void registers.set(address, value),
    },
    { path: its.path, baudRate: 19_200, unitID: 17 },
  )
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())))
  await once(server, 'initialized')
  const { line } = openTestBus().bus.lease(`serial://${ours.path}?baud=19200`)
  const ask = (request: Parameters<typeof queryOf>[0]) => line.transact(17, queryOf(request), LONG_MS, running)

  expect(await ask({ function: 4, address: 3, count: 2 })).toEqual({ function: 4, registers: [47, 57] })
  expect(await ask({ function: 2, address: 0, count: 4 })).toEqual({ function: 2, bits: [true, false, false, true] })
  expect(await ask({ function: 5, address: 4, value: true })).toEqual({ function: 5, address: 4, value: true })
  expect(await ask({ function: 15, address: 6, count: 2, bits: [true, true] })).toEqual({ function: 15, address: 6, count: 2 })
  expect(await ask({ function: 1, address: 4, count: 4 })).toEqual({ function: 1, bits: [true, false, true, true] })
  expect(await ask({ function: 6, address: 8, value: 800 })).toEqual({ function: 6, address: 8, value: 800 })
  expect(await ask({ function: 16, address: 9, count: 2, registers: [900, 1000] })).toMatchObject({ address: 9, count: 2 })
  expect(await ask({ function: 3, address: 7, count: 4 })).toEqual({ function: 3, registers: [700, 800, 900, 1000] })
  expect(line.counts).toMatchObject({ requests: 8, answers: 8, connections: 1, late: 0, foreign: 0, echoes: 0, garbageBytes: 0 })
})

test.each([
  [1200, 12],
  [9600, 40],
  [115_200, 40],
])('at %i baud a request keeps its distance from what was said before', async (baud, requests) => {
  let saidAt = Number.NEGATIVE_INFINITY
  const gaps: number[] = []
  const pty = ptyFor((asked) => {
    gaps.push(performance.now() - saidAt)
    if (asked.unit % 4 === 3) return
    asked.write(Buffer.concat(asked.unit % 4 === 2 ? [echoRtu(asked), Uint8Array.of(1, 2, 3)] : [echoRtu(asked)]))
    saidAt = performance.now()
  })
  const { line } = openTestBus().bus.lease(`serial://${pty.path}?baud=${baud}`)
  // Only where nothing is answered is patience short.
  const patienceMs = (unit: number): number => (unit % 4 === 3 ? 5 : LONG_MS)
  await Promise.all(Array.from({ length: requests }, (_, unit) => errorOf(line.transact(unit, read, patienceMs(unit), running))))
  expect(line.counts).toMatchObject({ requests, answers: (requests * 3) / 4, timeouts: requests / 4 })
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(serialTiming({ baud, parity: 'none', stopBits: 1 }).gapMs)
})

test('the time that the bytes take is not held against the device', async () => {
  const most = queryOf({ function: 3, address: 0, count: 125 })
  const pty = ptyFor((asked) => void setTimeout(() => asked.write(echoRtu(asked)), 200))
  const { line } = openTestBus().bus.lease(`serial://${pty.path}?baud=1200`)
  expect(await line.transact(1, most, 20, running)).toMatchObject({ function: 3 })
})

test('a line that is never silent is spoken on all the same', async () => {
  const pty = ptyFor()
  const noise = setInterval(() => pty.write(Uint8Array.of(0)), 1)
  onTestFinished(() => clearInterval(noise))
  const { line } = openTestBus().bus.lease(`serial://${pty.path}?baud=300`)
  expect(serialTiming({ baud: 300, parity: 'none', stopBits: 1 }).gapMs).toBeLessThan(NOISE_MS_MAX)
  expect(await line.transact(1, read, LONG_MS, running)).toEqual(answer)
  expect(line.counts.garbageBytes).toBeGreaterThan(0)
})

test('an adapter that is unplugged is noticed, and found again where its path leads by then', async () => {
  const held: Asked[] = []
  const first = ptyFor((asked) => (held.length > 0 || asked.index === 0 ? asked.write(echoRtu(asked)) : void held.push(asked)))
  const link = linkTo(first.path)
  const { bus, logged } = openTestBus({ ...wallClock(), mono: () => performance.now() * 1000 })
  const { line } = bus.lease(`serial://${link.path}`)
  expect(await line.transact(1, read, LONG_MS, running)).toEqual(answer)
  const inFlight = errorOf(line.transact(1, read, LONG_MS, running))
  await expect.poll(() => held.length).toBe(1)
  await first[Symbol.asyncDispose]()
  // Not after its half minute of patience.
  expect(await inFlight).toMatchObject({ name: 'DriverError', code: 'unreachable' })
  for (let turn = 0; turn < 5; turn++)
    expect(await errorOf(line.transact(1, read, LONG_MS, running))).toMatchObject({ code: 'unreachable' })
  const second = ptyFor()
  link.lead(second.path)
  await expect.poll(() => errorOf(line.transact(1, read, LONG_MS, running))).toBeUndefined()
  expect(readlinkSync(link.path)).toBe(second.path)
  expect(await line.transact(1, read, LONG_MS, running)).toEqual(answer)
  expect(logged).toEqual(['line lost', 'line open again'])
})

test('an adapter that is unplugged while nobody asks is found again without an error', async () => {
  const first = ptyFor()
  const link = linkTo(first.path)
  const { line } = openTestBus().bus.lease(`serial://${link.path}`)
  expect(await line.transact(1, read, LONG_MS, running)).toEqual(answer)
  link.lead(ptyFor().path)
  await first[Symbol.asyncDispose]()
  expect(await line.transact(1, read, LONG_MS, running)).toEqual(answer)
  expect(line.counts.connections).toBe(2)
})

test('a port that is not there, is none, or is in use is unreachable, and leaves the other lines undisturbed', async () => {
  const pty = ptyFor()
  const { bus } = openTestBus()
  const slave = await openScriptedSlave(({ unit, write }) => write(encodeRtu(unit, encodeResponse(answer as never))), {
    kind: 'rtu+tcp',
  })
  onTestFinished(() => slave[Symbol.asyncDispose]())
  const other = openTestBus().bus.lease(`serial://${pty.path}`).line
  expect(await other.transact(1, read, LONG_MS, running)).toEqual(answer)
  for (const path of ['/dev/ttyNone', '/dev/null', '/tmp', pty.path]) {
    const [lost, well] = [bus.lease(`serial://${path}`).line, bus.lease(slave.url).line]
    const [error, good] = await Promise.all([
      errorOf(lost.transact(1, read, LONG_MS, running)),
      well.transact(1, read, LONG_MS, running),
    ])
    expect(error).toMatchObject({ name: 'DriverError', code: 'unreachable', message: expect.stringContaining(path) })
    expect(lost.counts).toMatchObject({ refusedConnections: 1, connections: 0 })
    expect(good).toEqual(answer)
  }
  expect(await other.transact(1, read, LONG_MS, running)).toEqual(answer)
})

test('a port is free for another once its line is closed, or its process was killed', async () => {
  const pty = ptyFor()
  for (let turn = 0; turn < 5; turn++) {
    const { bus } = openTestBus()
    expect(await bus.lease(`serial://${pty.path}`).line.transact(1, read, LONG_MS, running)).toEqual(answer)
    await bus[Symbol.asyncDispose]()
  }
  const script = `
    import { SerialPort } from 'serialport'
    const port = new SerialPort({ path: process.argv[1], baudRate: 9600 })
    port.on('open', () => port.write(Buffer.from('0104', 'hex'), () => process.stdout.write('open')))
    port.on('data', () => {})`
  const other = spawn(process.execPath, ['--input-type=module', '-e', script, pty.path], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(other.stdout, 'data')
  const url = `serial://${pty.path}`
  expect(await errorOf(openTestBus().bus.lease(url).line.transact(1, read, LONG_MS, running))).toMatchObject({
    code: 'unreachable',
  })
  other.kill('SIGKILL')
  await once(other, 'exit')
  // The half request that it left is noise to the slave.
  expect(await openTestBus().bus.lease(url).line.transact(1, read, LONG_MS, running)).toEqual(answer)
})

test('devices that are silent do not make the port be closed', async () => {
  const pty = ptyFor(() => {})
  const { line } = openTestBus().bus.lease(`serial://${pty.path}`)
  for (let turn = 0; turn < 6; turn++) await errorOf(line.transact(turn, read, 10, running))
  expect(line.counts).toMatchObject({ timeouts: 6, connections: 1 })
})

test('one request is on the line at a time, in the order they came', async () => {
  let open = 0
  let most = 0
  const units: number[] = []
  const pty = ptyFor((asked) => {
    most = Math.max(most, ++open)
    units.push(asked.unit)
    setImmediate(() => {
      open--
      asked.write(echoRtu(asked))
    })
  })
  const { line } = openTestBus().bus.lease(`serial://${pty.path}?baud=115200`)
  await Promise.all(Array.from({ length: 50 }, (_, unit) => line.transact(unit, read, LONG_MS, running)))
  expect(most).toBe(1)
  expect(units).toEqual(Array.from({ length: 50 }, (_, unit) => unit))
})

test('a stop ends a request at once, and the line goes on for the others', async () => {
  const held: Asked[] = []
  const pty = ptyFor((asked) => (asked.unit === 1 ? void held.push(asked) : asked.write(echoRtu(asked))))
  const { line } = openTestBus().bus.lease(`serial://${pty.path}`)
  const stop = new AbortController()
  const inFlight = errorOf(line.transact(1, read, LONG_MS, stop.signal))
  const others = line.transact(2, read, LONG_MS, running)
  await expect.poll(() => held.length).toBe(1)
  stop.abort()
  expect(await inFlight).toMatchObject({ code: 'stopped' })
  for (const asked of held) asked.write(echoRtu(asked))
  expect(await others).toEqual(answer)
})

test('two lines cannot be of one port', () => {
  const { bus } = openTestBus()
  bus.lease('serial:///dev/ttyS9')
  expect(() => bus.lease('serial:///dev/ttyS9?baud=19200')).toThrow(
    expect.objectContaining({
      code: 'configuration',
      message:
        'expected one line for each port, got serial:///dev/ttyS9?baud=19200&parity=none&stopBits=1 beside serial:///dev/ttyS9?baud=9600&parity=none&stopBits=1',
    }),
  )
  expect(bus.lease('serial:///dev/ttyS9?parity=none').line).toBe(bus.lease('serial:///dev/ttyS9').line)
})
