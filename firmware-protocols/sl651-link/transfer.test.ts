import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodeFrame,
  decodeMessage,
  encodeFrame,
  encodeMessage,
  type Frame,
  type Message,
  readMessage,
  sl651Splitter,
  stationTimeText,
} from '#protocols/sl651'
import { LINK_LIMITS, type LinkMode, type LinkOutput, Sl651Centre } from '#protocols/sl651-link'
import packets from './fixtures/image-13-packets.json' with { type: 'json' }

const STATION = '0012345678'
const NOW = Date.UTC(2026, 6, 1, 4)
const SECOND = 1000

const open = (mode: LinkMode): Sl651Centre => new Sl651Centre({ centre: 1, modeOf: () => mode, passwordOf: () => '1234' })
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase()
const reports = (out: readonly LinkOutput[]) => out.flatMap((one) => (one.kind === 'report' ? [one] : []))
const sent = (out: readonly LinkOutput[]) => out.flatMap((one) => (one.kind === 'send' ? [decodeMessage(one.bytes)] : []))

/** An image in thirteen packets, as the test client of github yu-xiaoyao/sl651-2014-server sends it. */
const image = packets.map((packet) => new Uint8Array(Buffer.from(packet, 'hex')))

test('the published image comes whole out of its thirteen packets', () => {
  const centre = open('M3')
  const frames = sl651Splitter().push(Buffer.concat(image)).map(decodeFrame)
  const out = frames.flatMap((frame) => centre.receive(frame, NOW))
  expect(frames.map(({ end }) => end)).toEqual([...Array.from({ length: 12 }, () => 'ETB'), 'ETX'])
  const [report] = reports(out)
  expect(report).toMatchObject({ serial: 5, sendTime: '591011161118', packets: 13 })
  const picture = report && readMessage(report.frame).elements?.[0]?.hex
  expect([picture?.length, picture?.slice(0, 8), picture?.slice(-4)]).toEqual([3313 * 2, 'FFD8FFE0', '00B7'])
  expect(sent(out)).toMatchObject([{ end: 'EOT', packets: 13, packet: 13, serial: 5, function: '36' }])
})

/** What the line does with one frame. */
type Fate = 'fine' | 'lost' | 'doubled' | 'late'
const fates = fc.array(fc.constantFrom<Fate>('fine', 'fine', 'lost', 'doubled', 'late'), { maxLength: 120 })

/** Both directions of one connection: loses, doubles and delays frames as it is told, then works. */
class Line {
  readonly #fates: Fate[]
  #flying: { readonly at: number; readonly bytes: Uint8Array }[] = []

  constructor(plan: readonly Fate[]) {
    this.#fates = [...plan]
  }

  send(bytes: Uint8Array, at: number): void {
    const fate = this.#fates.shift() ?? 'fine'
    if (fate !== 'lost') this.#flying.push({ at: fate === 'late' ? at + 4 * SECOND : at, bytes })
    if (fate === 'doubled') this.#flying.push({ at: at + SECOND, bytes })
  }

  arrived(at: number): Uint8Array[] {
    const [here, away] = [this.#flying.filter((one) => one.at <= at), this.#flying.filter((one) => one.at > at)]
    this.#flying = away
    return here.map(({ bytes }) => bytes)
  }
}

/** A station as the standard wants it. It knows only what the line brings. */
interface Station {
  isDone: boolean
  /** Messages whose answer came. */
  readonly answered: number[]
  tick(at: number): Uint8Array[]
  hear(message: Message, at: number): Uint8Array[]
}

const PATIENCE_MS = 20 * SECOND
const RESENDS_MAX = 2

const frameOf = (body: Uint8Array, fields: Partial<Frame>): Uint8Array =>
  encodeFrame({
    ...{ encoding: 'hex', direction: 'up', centre: 1, station: STATION, password: '1234', function: '36', end: 'ETX', body },
    ...fields,
  })

/** Mode M3: sends all packets, then waits; resends what a NAK names, with ETX; asks for its answer again by its last packet. */
function m3Station(bodies: readonly Uint8Array[]): Station {
  const packets = bodies.length
  const packetOf = (packet: number, end: 'ETX' | 'ETB') =>
    frameOf(bodies[packet - 1] ?? new Uint8Array(), { packets, packet, end })
  let waitsSince: number | undefined
  let resends = 0
  const station: Station = {
    isDone: false,
    answered: [],
    tick(at) {
      if (waitsSince === undefined) {
        waitsSince = at
        return bodies.map((_, index) => packetOf(index + 1, index + 1 === packets ? 'ETX' : 'ETB'))
      }
      if (station.isDone || at - waitsSince < PATIENCE_MS) return []
      waitsSince = at
      station.isDone = ++resends > RESENDS_MAX
      return station.isDone ? [] : [packetOf(packets, 'ETX')]
    },
    hear({ end, packet = 0 }, at) {
      if (station.isDone) return []
      waitsSince = at
      if (end === 'NAK') return [packetOf(packet, 'ETX')]
      expect(packet).toBe(packets)
      station.isDone = true
      station.answered.push(1)
      return []
    },
  }
  return station
}

/** Mode M2: one report after the other, each sent three times at most. */
function m2Station(count: number): Station {
  let serial = 1
  let tries = 0
  let sentAt = Number.NEGATIVE_INFINITY
  let sentTime = ''
  const next = () => {
    serial++
    tries = 0
    sentAt = Number.NEGATIVE_INFINITY
    station.isDone = serial > count
  }
  const station: Station = {
    isDone: count === 0,
    answered: [],
    tick(at) {
      if (!station.isDone && tries > RESENDS_MAX && at - sentAt >= PATIENCE_MS) next()
      if (station.isDone || at - sentAt < PATIENCE_MS) return []
      if (tries === 0) sentTime = stationTimeText(at)
      sentAt = at
      tries++
      const end = serial < count ? 'ETB' : 'ETX'
      const head = { direction: 'up', centre: 1, station: STATION, password: '1234', function: '32' } as const
      return [encodeMessage({ ...head, end, serial, sendTime: sentTime, bodyStation: STATION })]
    },
    hear(message) {
      if (station.isDone || message.serial !== serial) return []
      expect(message.end).toBe(serial < count ? 'ACK' : 'EOT')
      station.answered.push(serial)
      next()
      return []
    },
  }
  return station
}

function run(
  centre: Sl651Centre,
  station: Station,
  plan: { readonly up: readonly Fate[]; readonly down: readonly Fate[] },
): LinkOutput[] {
  const [up, down] = [new Line(plan.up), new Line(plan.down)]
  const all: LinkOutput[] = []
  const take = (out: readonly LinkOutput[], at: number) => {
    all.push(...out)
    for (const one of out) if (one.kind === 'send') down.send(one.bytes, at)
  }
  for (let at = NOW; at < NOW + 3 * LINK_LIMITS.assemblyTimeoutMs; at += SECOND) {
    for (const bytes of station.tick(at)) up.send(bytes, at)
    for (const bytes of up.arrived(at)) take(centre.receive(decodeFrame(bytes), at), at)
    take(centre.tick(at), at)
    for (const bytes of down.arrived(at)) for (const again of station.hear(decodeMessage(bytes), at)) up.send(again, at)
  }
  return all
}

const plans = fc.record({ up: fates, down: fates })
const HEAD = Buffer.from('0005260701120000', 'hex')

test('M3 on any line: the whole message is delivered once and as it was sent, or not at all', () => {
  fc.assert(
    fc.property(
      plans,
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 12 }),
      (plan, parts) => {
        const bodies = parts.map((part, index) => (index === 0 ? Uint8Array.of(...HEAD, ...part) : part))
        const centre = open('M3')
        const station = m3Station(bodies)
        const got = reports(run(centre, station, plan))
        expect(got.length).toBeLessThanOrEqual(1)
        for (const { frame } of got) expect(hex(frame.body)).toBe(hex(Buffer.concat(bodies)))
        if (station.answered.length > 0) expect(got).toHaveLength(1)
        expect(centre.assemblyBytes).toBe(0)
      },
    ),
    { numRuns: 300 },
  )
})

test('M3: a line that works in the end delivers, and what never came is told', () => {
  const bodies = [Uint8Array.of(...HEAD), Uint8Array.of(2), Uint8Array.of(3)]
  const station = m3Station(bodies)
  expect(reports(run(open('M3'), station, { up: ['fine', 'lost', 'lost', 'lost'], down: [] }))).toHaveLength(1)
  expect(station.answered).toEqual([1])
  const lost = run(open('M3'), m3Station(bodies), { up: ['fine', ...Array.from({ length: 20 }, (): Fate => 'lost')], down: [] })
  expect(lost.at(-1)).toMatchObject({ notice: { code: 'assembly-dropped', missing: [2, 3], missingCount: 2 } })
})

test('M2 on any line: each report is delivered once at most, and once if the station has its answer', () => {
  fc.assert(
    fc.property(plans, fc.integer({ min: 0, max: 5 }), (plan, count) => {
      const station = m2Station(count)
      const got = reports(run(open('M2'), station, plan)).map(({ serial }) => serial)
      expect(new Set(got).size).toBe(got.length)
      expect(got).toEqual(expect.arrayContaining(station.answered))
    }),
    { numRuns: 300 },
  )
})

test('M4 on any line: a command is done or given up, and its answer is reported once', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const centre = open('M4')
      const answers: Uint8Array[] = []
      const station: Station = {
        isDone: false,
        answered: [],
        tick: () => answers.splice(0),
        hear({ end }) {
          const head = { direction: 'up', centre: 1, station: STATION, password: '1234', function: '51', end: 'ETX' } as const
          // One that is asked again answers with what it said before.
          if (end === 'ENQ')
            answers.push(encodeMessage({ ...head, serial: 1, sendTime: stationTimeText(NOW), bodyStation: STATION }))
          return []
        },
      }
      const first = new Line(plan.down)
      const out = centre.command(STATION, { id: 'a', function: '51' }, NOW)
      for (const one of out) if (one.kind === 'send') first.send(one.bytes, NOW)
      for (const bytes of first.arrived(NOW)) station.hear(decodeMessage(bytes), NOW)
      const all = run(centre, station, plan)
      const ended = all.filter((one) => one.kind === 'notice' && /command-(done|failed)/.test(one.notice.code))
      expect(ended).toHaveLength(1)
      expect(reports(all).length).toBeLessThanOrEqual(1)
    }),
    { numRuns: 200 },
  )
})
