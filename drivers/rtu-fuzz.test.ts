import { expect, onTestFinished, test } from 'vitest'
import { wallClock } from '#devices'
import { ProtocolError } from '#protocols/error'
import { openPty, seededRandom } from '#simulator'
import { type Bus, openBus } from './bus.ts'
import { DriverError } from './driver-error.ts'
import { queryOf } from './framing.ts'
import { MADNESS, MadSlave, truthOf } from './mad-slave.ts'
import { openScriptedSlave, serveSerial } from './scripted-slave.ts'

const TIMEOUT_MS = 25
/** Lines at once, each with a seed of its own. */
const LINES = 6
const EXCHANGES = 2_400
const running = new AbortController().signal

/** Many that look alike on the wire: RTU tells them apart by unit, function and length only. */
const QUERIES = ([3, 4] as const).flatMap((code) =>
  [0, 100, 200, 300].flatMap((address) => [1, 2, 3, 10].map((count) => queryOf({ function: code, address, count }))),
)

const transports = {
  'a serial line': async (slave: MadSlave): Promise<string> => {
    const pty = openPty()
    onTestFinished(() => pty[Symbol.asyncDispose]())
    serveSerial(pty, (asked) => slave.answer(asked))
    return `serial://${pty.path}?baud=115200`
  },
  'a serial server': async (slave: MadSlave): Promise<string> => {
    const server = await openScriptedSlave((asked) => slave.answer(asked), { kind: 'rtu+tcp' })
    onTestFinished(() => server[Symbol.asyncDispose]())
    return server.url
  },
}

interface Score {
  good: number
  bad: number
  wrong: string[]
}

async function ask(bus: Bus, url: string, unit: number, query: (typeof QUERIES)[number], score: Score): Promise<void> {
  try {
    const response = await bus.lease(url).line.transact(unit, query, TIMEOUT_MS, running)
    const expected = truthOf(unit, query.request)
    if ('registers' in response && String(response.registers) === String(expected)) score.good++
    else score.wrong.push(`unit ${unit} ${JSON.stringify(query.request)}: expected ${expected}, got ${JSON.stringify(response)}`)
  } catch (error) {
    if (!(error instanceof DriverError || error instanceof ProtocolError)) throw error
    score.bad++
  }
}

test.each(Object.entries(transports))(
  'no answer of a mad device on %s is taken for a value that it is not, and a device that recovers is read',
  async (_, serve) => {
    const score: Score = { good: 0, bad: 0, wrong: [] }
    const bus = openBus({ clock: wallClock(), log: { info: () => {}, warn: () => {} }, random: () => 0 })
    onTestFinished(() => bus[Symbol.asyncDispose]())
    const struck = await Promise.all(
      Array.from({ length: LINES }, async (_line, seed) => {
        const random = seededRandom(seed + 1)
        const slave = new MadSlave(random, TIMEOUT_MS)
        const url = await serve(slave)
        for (let turn = 0; turn < EXCHANGES / LINES; turn++) {
          const query = QUERIES[Math.floor(random() * QUERIES.length)]
          if (query) await ask(bus, url, 1 + Math.floor(random() * 3), query, score)
        }
        slave.madness = 0
        for (const query of QUERIES.slice(0, 4)) {
          const well: Score = { good: 0, bad: 0, wrong: score.wrong }
          while (well.good === 0) await ask(bus, url, 1, query, well)
        }
        return slave.struck
      }),
    )
    expect(score.wrong).toEqual([])
    expect(score.good + score.bad).toBe(EXCHANGES)
    expect(score.good).toBeGreaterThan(0)
    for (const kind of MADNESS) expect(struck.some((each) => each.has(kind))).toBe(true)
  },
  240_000,
)
