import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SimulatedStation, type SimulatedStationOptions } from '#simulator'
import { CallingSite } from './calling-site.ts'
import type { Command } from './command.ts'
import { isReading, type Report } from './driver.ts'
import { open } from './sl651.ts'
import { COMMANDS_MAX } from './sl651-commands.ts'

const WAIT = { timeout: 20_000, interval: 5 }
const STATION = '0012345678'
const HOUR = 3_600_000
const { signal: GO } = new AbortController()

let site: CallingSite
let parts: AsyncDisposableStack
beforeEach(async () => {
  site = await CallingSite.open('sl651')
  parts = new AsyncDisposableStack()
})
afterEach(async () => {
  await parts.disposeAsync()
  await site[Symbol.asyncDispose]()
})

async function device(mode: 'M1' | 'M2' | 'M4') {
  const items: Report[number][] = []
  const told = site.device('D', 'station/sl651-river', { address: STATION, mode })
  const running = await site.run(open, told, async (report) => void items.push(...report))
  await vi.waitFor(() => expect(site.logged).toContain('stations may call'), WAIT)
  const write = (command: Partial<Command>, stop = GO) => {
    if (running.driver.write === undefined) throw new Error('expected a driver that writes')
    return running.driver.write({ id: 'c', name: 'clock.read', expiresAt: Date.now() + HOUR, ...command }, stop)
  }
  return { ...running, items, write }
}

function station(options: Partial<SimulatedStationOptions> = {}) {
  return parts.use(
    new SimulatedStation({
      ...{ address: STATION, class: 'H', mode: 'M2', clock: site.clock, answerMs: 5_000 },
      target: { transport: 'tcp', host: '127.0.0.1', port: site.port },
      elements: () => [{ id: '39', def: '23', value: 31.25 }],
      parameters: [{ id: '20', def: '08', value: 1 }],
      ...options,
    }),
  )
}

/** A station that is there: heard, so that it can be asked. */
async function called(mode: 'M2' | 'M4') {
  const driven = await device(mode)
  const sender = station()
  await sender.heartbeat()
  await vi.waitFor(() => expect(driven.items).toHaveLength(1), WAIT)
  return { ...driven, sender }
}

test('the clock of a station is read and set; the result is what the station says', async () => {
  const { write, sender } = await called('M4')
  sender.fail({ clockOffMs: -8 * HOUR })
  const read = await write({})
  expect(read).toMatchObject({ ok: true, id: 'c', answer: { function: '51' } })
  const set = await write({ name: 'clock.set' })
  expect(set).toMatchObject({ ok: true, answer: { function: '4A', clockOffsetMs: expect.any(Number) } })
  // A clock that was far off takes a second frame.
  expect(sender.asked[0]).toBe('51')
  expect(sender.asked.slice(1).every((code) => code === '4A')).toBe(true)
  expect(Math.abs(set.ok ? Number(set.answer.clockOffsetMs) : Number.NaN)).toBeLessThan(60_000)
})

test('values that were asked for are the answer, and readings', async () => {
  const { write, items } = await called('M4')
  expect(await write({ name: 'values.read' })).toMatchObject({
    ok: true,
    answer: { function: '37', elements: [{ id: '39', value: 31.25 }] },
  })
  expect(items.filter(isReading)).toMatchObject([{ point: 'level', value: 31250 }])
})

test('a period is asked for by its hours, and its series becomes readings', async () => {
  const { write, items, sender } = await called('M4')
  const from = Math.floor(Date.now() / HOUR) * HOUR - 2 * HOUR
  const args = { from, to: from + HOUR, element: '3923', timeStep: '000100' }
  expect(await write({ name: 'period.read', args })).toMatchObject({
    ok: true,
    answer: { elements: [{ values: [31.25, 31.25] }] },
  })
  expect(items.filter(isReading).map(({ at }) => at)).toEqual([from, from + HOUR])
  expect(sender.asked).toEqual(['38'])
})

test.each(['basic.read', 'run.read'])('%s tells the parameters', async (name) => {
  const { write } = await called('M4')
  expect(await write({ name, args: { ids: ['2008'] } })).toMatchObject({
    ok: true,
    answer: { parameters: [{ id: '20', value: 1 }] },
  })
})

test('in mode M2 a command waits for the next report', async () => {
  const { write, sender } = await called('M2')
  const result = write({})
  await sender.report()
  expect(await result).toMatchObject({ ok: true })
  expect(sender.heard[0]?.end).toBe('ESC')
})

test('a command whose time is over is told, and whether it had gone out', async () => {
  const { write, sender } = await called('M4')
  expect(await write({ expiresAt: Date.now() - 1 })).toMatchObject({ ok: false, fault: 'expired', sent: false })
  // The station is deaf for now.
  sender.mute(true)
  expect(await write({ expiresAt: Date.now() + 50 })).toMatchObject({ ok: false, fault: 'expired', sent: true })
  sender.mute(false)
  expect(await write({ id: 'next' })).toMatchObject({ ok: true, id: 'next' })
})

test('what cannot be sent is refused at once', async () => {
  const { write } = await device('M1')
  expect(await write({})).toMatchObject({ ok: false, fault: 'unsupported' })
  expect(await write({ name: 'reboot' })).toMatchObject({ ok: false, fault: 'unsupported' })
  expect(await write({ name: 'toString' })).toMatchObject({ ok: false, fault: 'unsupported' })
  expect(await write({ args: { now: true } })).toMatchObject({ ok: false, fault: 'invalid' })
  expect(await write({ name: 'run.read', args: { ids: ['no'] } })).toMatchObject({ ok: false, fault: 'invalid' })
})

test('commands that wait are bounded, and end with the caller or the driver', async () => {
  const { write, stop } = await device('M2')
  const caller = new AbortController()
  const waiting = Array.from({ length: COMMANDS_MAX }, (_, index) => write({ id: `c${index}` }, index === 0 ? caller.signal : GO))
  expect(await write({ id: 'one more' })).toMatchObject({ ok: false, fault: 'overloaded' })
  caller.abort()
  expect(await waiting[0]).toMatchObject({ ok: false, fault: 'stopped', sent: false })
  expect(await write({ id: 'late' }, caller.signal)).toMatchObject({ ok: false, fault: 'stopped' })
  await stop()
  expect(await Promise.all(waiting.slice(1))).toEqual(
    waiting.slice(1).map(() => expect.objectContaining({ ok: false, fault: 'stopped' })),
  )
})
