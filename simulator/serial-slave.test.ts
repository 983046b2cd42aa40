import { once } from 'node:events'
import { SerialPort } from 'serialport'
import { expect, onTestFinished, test } from 'vitest'
import { encodeRtu } from '#protocols/modbus'
import type { SerialSettings } from './serial-settings.ts'
import { openSerialSlave } from './serial-slave.ts'
import type { Service } from './simulated-device.ts'

const PLAIN: SerialSettings = { baud: 19_200, parity: 'none', stopBits: 1, paced: false }
const READ = Uint8Array.of(4, 0, 0, 0, 1)

/** A line whose units answer as they are told, counting from 0; what was booked as written. */
function open(serve: (index: number) => Partial<Service>, settings = PLAIN) {
  const written: number[] = []
  let index = 0
  const unit = {
    serve: (): Service => {
      const own = index++
      return { answer: { pdu: Uint8Array.of(4, 2, 0, own) }, delayMs: 0, written: () => written.push(own), ...serve(own) }
    },
  }
  const slave = openSerialSlave({
    settings,
    units: new Map([
      [1, unit],
      [2, unit],
    ]),
    wall: Date.now,
  })
  onTestFinished(() => slave[Symbol.asyncDispose]())
  return { slave, written }
}

async function openPort(url: string): Promise<SerialPort> {
  const { pathname, searchParams } = new URL(url)
  const port = new SerialPort({ path: pathname, baudRate: Number(searchParams.get('baud')) })
  onTestFinished(() => new Promise<void>((resolve) => port.close(() => resolve())))
  await once(port, 'open')
  return port
}

async function take(port: SerialPort, length: number): Promise<Buffer> {
  let bytes = Buffer.alloc(0)
  while (bytes.length < length) bytes = Buffer.concat([bytes, ...(await once(port, 'data'))])
  return bytes
}

const answer = (unit: number, value: number) => Buffer.from(encodeRtu(unit, Uint8Array.of(4, 2, 0, value)))

test('a request in pieces is answered once, one to a unit that is not there or to all never', async () => {
  const { slave, written } = open(() => ({}))
  const port = await openPort(slave.url)
  for (const unit of [9, 0]) port.write(encodeRtu(unit, READ))
  for (const byte of encodeRtu(1, READ)) port.write(Uint8Array.of(byte))
  expect(await take(port, 7)).toEqual(answer(1, 0))
  expect(written).toEqual([0])
})

test('half a request, as a killed master leaves it, does not spoil the next', async () => {
  const { slave } = open(() => ({}))
  const long = encodeRtu(1, Uint8Array.of(16, 0, 0, 0, 100, 200, ...new Uint8Array(200)))
  {
    const port = await openPort(slave.url)
    port.write(long.subarray(0, 40))
    await new Promise<void>((resolve) => port.drain(() => resolve()))
    await new Promise<void>((resolve) => port.close(() => resolve()))
  }
  const port = await openPort(slave.url)
  // The rest of the long one is waited for until the line was silent.
  const asking = setInterval(() => port.write(encodeRtu(1, READ)), 150)
  expect(await take(port, 7)).toEqual(answer(1, 0))
  clearInterval(asking)
})

test('a unit answers in the order it was asked, however it is delayed, and does not hold up its neighbour', async () => {
  const { slave } = open((index) => ({ delayMs: index === 0 ? 200 : 0 }))
  const port = await openPort(slave.url)
  port.write(Buffer.concat([encodeRtu(1, READ), encodeRtu(1, READ), encodeRtu(2, READ)]))
  expect(await take(port, 21)).toEqual(Buffer.concat([answer(2, 2), answer(1, 0), answer(1, 1)]))
})

test('a paced answer is not there before its last byte could be', async () => {
  const { slave } = open(() => ({}), { ...PLAIN, baud: 1200, paced: true })
  const port = await openPort(slave.url)
  const asked = performance.now()
  port.write(encodeRtu(1, READ))
  await take(port, 7)
  // Fifteen bytes of ten bits; a timer may be a millisecond early.
  expect(performance.now() - asked).toBeGreaterThan((15 * 10_000) / 1200 - 1)
})

test('what could not be written is not booked', async () => {
  let served = 0
  const { slave, written } = open(() => {
    served++
    return { answer: { garbage: new Uint8Array(1000) } }
  })
  const port = await openPort(slave.url)
  port.pause()
  const asking = setInterval(() => port.write(Buffer.concat(Array.from({ length: 20 }, () => encodeRtu(1, READ)))), 5)
  // This end reads ahead some of it; then the line is full.
  await expect.poll(() => served - written.length, { timeout: 30_000 }).toBeGreaterThan(0)
  clearInterval(asking)
})
