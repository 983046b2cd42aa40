import { writeSync } from 'node:fs'
import pino from 'pino'
import { wallClock } from '#devices'
import { sleep } from '#devices/time'
import { openOutflow } from '#gateway'

/** The argument of the process, as JSON. */
export interface SyncSiteOptions {
  /** Folder of its journal. */
  readonly data: string
  readonly broker: string
  /** Readings a second that are fed, one of each of so many stations; 0: none. */
  readonly rate: number
  /** An alarm each so many milliseconds; 0: none. */
  readonly alarmEveryMs: number
  /** How long it runs; absent: until nothing waits. */
  readonly forMs?: number
}

/** What it says at its end, one line on stdout. */
export interface SyncSiteResult {
  /** From the first connection to the end, machine milliseconds. */
  readonly ms: number
  readonly sent: number
  readonly rssMiB: number
  /** From an alarm's coming in to its acknowledgement, machine milliseconds. */
  readonly alarmsMs: readonly number[]
  /** Readings that wait still. */
  readonly waiting: number
}

const HASH = '00112233445566aa'
const BEAT_MS = 100
const LOOK_MS = 5

const { data, broker, rate, alarmEveryMs, forMs } = JSON.parse(process.argv[2] ?? '{}') as SyncSiteOptions
const { signal } = new AbortController()
const clock = wallClock()
const log = pino({ level: process.env.SLUICE_LOG ?? 'warn' }, pino.destination(2))
const config = { gateway: 'bench', data, broker, hash: 'bench' }
const outflow = await openOutflow({ config, version: 'bench', clock, random: Math.random, log })
const { journal, uplink } = outflow
while (!uplink.state.isConnected) await sleep(LOOK_MS, signal, clock)
const begun = clock.mono()
let isOver = false
const alarmsMs: number[] = []
await Promise.all([feed(), alarm(), end()])
const result: SyncSiteResult = {
  ms: clock.mono() - begun,
  sent: uplink.state.rowsSent,
  rssMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  alarmsMs,
  waiting: journal.lanes.reading.waiting,
}
writeSync(1, `${JSON.stringify(result)}\n`)
process.exit()

async function end(): Promise<void> {
  const until = forMs === undefined ? Number.POSITIVE_INFINITY : begun + forMs
  while (clock.mono() < until && (forMs !== undefined || journal.lanes.reading.waiting > 0)) await sleep(LOOK_MS, signal, clock)
  isOver = true
}

/** Stations are read one after the other, so that a second holds one reading of each. */
async function feed(): Promise<void> {
  let fed = 0
  while (rate > 0 && !isOver) {
    const due = Math.floor(((clock.mono() - begun) / 1000) * rate)
    const at = Math.floor(clock.now() / 1000) * 1000
    const readings = Array.from({ length: due - fed }, (_, index) => ({
      device: `9DML${String((fed + index) % rate).padStart(4, '0')}`,
      point: 'level',
      hash: HASH,
      at: at + ((fed + index) % rate),
      value: 3000 + (((fed + index) * 7919) % 13),
      quality: 'good' as const,
    }))
    fed = due
    if (readings.length > 0) await journal.add(readings)
    await sleep(BEAT_MS, signal, clock)
  }
}

/** One after the other: that none waits is how its acknowledgement is seen. */
async function alarm(): Promise<void> {
  for (let number = 0; alarmEveryMs > 0 && !isOver; number++) {
    await sleep(alarmEveryMs, signal, clock)
    const raised = clock.mono()
    await journal.add([], [], [{ id: `${journal.boot} ${number}`, kind: 'alarm', at: clock.now(), body: { number } }])
    await journal.flush()
    while (journal.lanes.alarm.waiting > 0 && !isOver) await sleep(LOOK_MS, signal, clock)
    alarmsMs.push(clock.mono() - raised)
  }
}
