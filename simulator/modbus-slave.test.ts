import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { DeviceFaults } from './fault.ts'
import type { LedgerLine } from './ledger.ts'
import { type ModbusSlave, openModbusSlave } from './modbus-slave.ts'
import { SimulatedDevice } from './simulated-device.ts'

/** A device of eight holding registers 100, 101 … from address 4 on, that reads at most three at once. */
function device(lines: LedgerLine[]): SimulatedDevice {
  return new SimulatedDevice({
    id: 'D',
    image: {
      read(table, address, count, elapsedMs) {
        if (elapsedMs > 1000) throw new RangeError('beyond the sensor')
        if (table !== 'holding' || address < 4 || address + count > 12) return undefined
        return {
          words: Array.from({ length: count }, (_, index) => 96 + address + index),
          points: [{ point: 'p', value: address }],
        }
      },
    },
    blockMax: 3,
    faults: new DeviceFaults([], () => 0),
    ledger: { append: (line) => lines.push(line), flush: () => undefined, [Symbol.dispose]: () => undefined },
    now: () => clock,
    start: 0,
    wall: () => 7,
  })
}
let clock = 0

const open = (lines: LedgerLine[] = []): Promise<ModbusSlave> =>
  openModbusSlave(
    { host: '127.0.0.1', port: 0, units: new Map([[1, device(lines)]]), wall: () => 7 },
    new AbortController().signal,
  )

/** Writes the chunks one after another and collects so many bytes of answers, as hex. */
async function exchange(port: number, chunks: readonly string[], bytes: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.setNoDelay(true)
  let answer = Buffer.alloc(0)
  for (const chunk of chunks) await new Promise((resolve) => socket.write(Buffer.from(chunk, 'hex'), resolve))
  while (answer.length < bytes) answer = Buffer.concat([answer, ...(await once(socket, 'data'))])
  socket.destroy()
  return answer.toString('hex')
}

test.each([
  ['three registers', '0103000400 03', '0306006400650066'],
  ['more than it reads at once', '0103000400 04', '8303'],
  ['none', '0103000400 00', '8303'],
  ['another table', '0104000400 01', '8402'],
  ['past its last register', '0103000b00 02', '8302'],
  ['a write', '0106000400 01', '8601'],
  ['a function that nobody knows', '0163000400 01', 'e301'],
])('answers a request for %s', async (_, request, expected) => {
  await using slave = await open()
  const pdu = request.replaceAll(' ', '')
  const length = (hex: string) => (hex.length / 2).toString(16).padStart(4, '0')
  const answer = await exchange(slave.port, [`beef0000${length(pdu)}${pdu}`], 7 + expected.length / 2)
  expect(answer).toBe(`beef0000${length(`01${expected}`)}01${expected}`)
})

test('several requests in one chunk are answered in order, and one in many chunks once it is whole', async () => {
  await using slave = await open()
  const ask = (transaction: string, address: string) => `${transaction}00000006 0103${address}0001`.replaceAll(' ', '')
  const two = ask('0001', '0004') + ask('0002', '0005')
  expect(await exchange(slave.port, [two], 22)).toBe('00010000000501030200640002000000050103020065')
  const one = ask('0003', '0006')
  expect(await exchange(slave.port, one.match(/../g) ?? [], 11)).toBe('0003000000050103020066')
})

test('a curve that leaves its registers is a device failure', async () => {
  const lines: LedgerLine[] = []
  await using slave = await open(lines)
  clock = 2000
  expect(await exchange(slave.port, ['000100000006010300040001'], 9)).toBe('000100000003018304')
  clock = 0
  await expect.poll(() => lines).toEqual([{ t: 7, at: 2000, device: 'D', served: 'exception' }])
})

test('closing cuts off a master that is still there', async () => {
  const slave = await open()
  const socket = connect(slave.port, '127.0.0.1')
  socket.write(Buffer.from('000100000006010300040001', 'hex'))
  await once(socket, 'data')
  const closed = once(socket.resume(), 'close')
  await slave[Symbol.asyncDispose]()
  await closed
})
