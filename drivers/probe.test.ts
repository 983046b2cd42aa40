import { once } from 'node:events'
import { join } from 'node:path'
import { ServerTCP } from 'modbus-serial'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadCatalogue, manualClock, wallClock } from '#devices'
import { encodeResponse, encodeRtu, encodeTcp } from '#protocols/modbus'
import { openLedger, openPty, openSimulator, readScenario, SCENARIOS_FOLDER, type Simulator } from '#simulator'
import { openBus } from './bus.ts'
import { identify } from './identify.ts'
import { parseRange, parseUnits, readRange, type ScanStep, SETTINGS, scan, scanMsMax, settingsOf } from './probe.ts'
import { type ProbeTask, runProbe } from './probe-run.ts'
import { describeMs, frameTeller } from './probe-text.ts'
import { registerViews } from './register-views.ts'
import { echoTcp, freePort, openScriptedSlave } from './scripted-slave.ts'
import { watchLine } from './watch-line.ts'

const START = Date.UTC(2026, 6, 1)
const catalogue = loadCatalogue()
const storm = readScenario(join(SCENARIOS_FOLDER, 'storm.yaml'), catalogue)
const running = new AbortController().signal
const LONG_MS = 10_000
/** Enough for a device that is there on a busy machine; what is not there costs as much. */
const SHORT_MS = 150

let open = new AsyncDisposableStack()
beforeEach(() => {
  open = new AsyncDisposableStack()
})
afterEach(() => open.disposeAsync())

/** The storm's gauge is unit 1 on TCP, its sensor unit 2 on a serial line at 9600 8N1. */
async function simulate(): Promise<readonly [gauge: string, sensor: string]> {
  const ledger = open.use(openLedger('/dev/null'))
  const simulator: Simulator = open.use(await openSimulator(storm, { clock: manualClock(START), start: START, ledger }, running))
  const [gauge, sensor] = simulator.addresses
  return [gauge?.url ?? '', sensor?.url ?? '']
}
const busOf = () => open.use(openBus({ clock: wallClock(), log: { info: () => {}, warn: () => {} }, random: () => 0 }))

async function scanned(url: string, units: readonly number[], timeoutMs = LONG_MS): Promise<ScanStep[]> {
  return stepsOf(url, units, timeoutMs, running)
}

async function stepsOf(url: string, units: readonly number[], timeoutMs: number, stop: AbortSignal): Promise<ScanStep[]> {
  const steps: ScanStep[] = []
  for await (const step of scan(busOf(), [url], { units, timeoutMs }, stop)) steps.push(step)
  return steps
}

async function probed(task: Partial<ProbeTask> & Pick<ProbeTask, 'url'>, stop: AbortSignal = running) {
  const [printed, told]: [string[], string[]] = [[], []]
  const whole = { units: [1], timeoutMs: LONG_MS, isEverySetting: false, ranges: [], isIdentified: false, isJson: false, ...task }
  const site = {
    clock: wallClock(),
    print: (line: string) => void printed.push(line),
    tell: (line: string) => void told.push(line),
    stop,
  }
  const isFound = await runProbe(whole, site)
  return { isFound, printed, told }
}

describe('a scan', () => {
  test('finds who is there behind a TCP port, a refusal being an answer, and a gateway’s "nobody" none', async () => {
    const [gauge] = await simulate()
    const steps = await scanned(gauge, [1, 2, 3])
    expect(steps.map(({ asked, of, found }) => [asked, of, found?.unit])).toEqual([
      [1, 3, 1],
      [2, 3, undefined],
      [3, 3, undefined],
    ])
    expect(steps[0]?.found).toMatchObject({ answer: 'exception', detail: 'exception 2', line: gauge })
  })

  test('finds who is there on a serial line, where nobody says nothing', async () => {
    const [, sensor] = await simulate()
    const steps = await scanned(sensor, [1, 2], SHORT_MS)
    expect(steps.map(({ found }) => found?.unit)).toEqual([undefined, 2])
  })

  test('tells two units of one address from one', async () => {
    const slave = open.use(
      await openScriptedSlave(({ write }) => write(Uint8Array.of(1, 3, 2, 0xff, 0xff, 0, 0)), { kind: 'rtu+tcp' }),
    )
    const [step] = await scanned(slave.url, [1], SHORT_MS)
    expect(step?.found).toMatchObject({ unit: 1, answer: 'damaged' })
  })

  test('goes through the settings of a serial port, and of no other line', () => {
    expect(settingsOf('tcp://10.0.0.7')).toEqual(['tcp://10.0.0.7:502'])
    const all = settingsOf('serial:///dev/ttyS0')
    expect(all).toHaveLength(SETTINGS.length)
    expect(all[0]).toBe('serial:///dev/ttyS0?baud=9600&parity=none&stopBits=1')
    expect(new Set(all).size).toBe(all.length)
  })

  test('says beforehand how long it takes if nobody answers, with the time of the bytes', () => {
    const options = { units: parseUnits('1-100'), timeoutMs: 200 }
    expect(scanMsMax(['tcp://a:1'], options)).toBe(20_000)
    // 15 bytes of 10 bits and a silence of 3.5 bytes.
    expect(scanMsMax(['serial:///dev/ttyS0?baud=9600'], options)).toBeCloseTo(20_000 + (100 * 185_000) / 9600, 6)
  })

  test('a stop ends it with what was found', async () => {
    const [gauge] = await simulate()
    const stop = new AbortController()
    const found: number[] = []
    for await (const step of scan(busOf(), [gauge], { units: [1, 2, 3], timeoutMs: LONG_MS }, stop.signal)) {
      if (step.found) found.push(step.found.unit)
      stop.abort()
    }
    expect(found).toEqual([1])
    const silent = open.use(await openScriptedSlave(() => stopped.abort()))
    const stopped = new AbortController()
    expect(await stepsOf(silent.url, [1], LONG_MS, stopped.signal)).toEqual([])
  })

  test('a line that cannot be opened is told at once', async () => {
    await expect(scanned(`tcp://127.0.0.1:${await freePort()}`, [1, 2])).rejects.toMatchObject({ code: 'unreachable' })
  })
})

describe('who a unit says that it is', () => {
  test('an independent slave names its vendor by function 43/14', async () => {
    const port = await freePort()
    const names = ['Acme', 'WS-5', 'V1.2', 'http://acme.example', 'Station', 'WS', 'site']
    // Its types do not know this part of its vector.
    const vector = {
      getCoil: () => false,
      readDeviceIdentification: () => Object.fromEntries(names.map((name, id) => [id, name])),
    }
    const server = new ServerTCP(vector, { host: '127.0.0.1', port, unitID: 5 })
    open.defer(() => new Promise<void>((resolve) => server.close(() => resolve())))
    await once(server, 'initialized')
    await using lease = busOf().lease(`tcp://127.0.0.1:${port}`)
    const { objects, server: id } = await identify(lease.line, 5, SHORT_MS, running)
    expect(objects).toMatchObject({ 'vendor name': 'Acme', 'product code': 'WS-5', revision: 'V1.2', 'model name': 'WS' })
    expect(id).toBeNull()
  })

  test('function 17 is shown with its letters, and objects are taken over several answers; one that never ends is left', async () => {
    const slave = open.use(
      await openScriptedSlave(({ transaction, unit, request, write }) => {
        if (request.function === 17) write(encodeTcp(transaction, unit, encodeResponse({ function: 17, data: '41434d45ff00' })))
        if (request.function !== 43) return
        const { access, object } = request
        const more = access === 'basic' && object === 0
        const objects = [{ id: object === 0 ? 0 : 130, value: `o${object}` }]
        write(
          encodeTcp(
            transaction,
            unit,
            encodeResponse({
              function: 43,
              access,
              conformity: 1,
              more: more || access === 'regular',
              next: more ? 9 : 0,
              objects,
            }),
          ),
        )
      }),
    )
    await using lease = busOf().lease(slave.url)
    expect(await identify(lease.line, 1, LONG_MS, running)).toEqual({
      server: { hex: '41434d45ff00', text: 'ACME' },
      objects: { 'vendor name': 'o0', 'object 130': 'o9' },
    })
  })

  test('of one that knows neither, nothing', async () => {
    const [gauge] = await simulate()
    await using lease = busOf().lease(gauge)
    expect(await identify(lease.line, 1, LONG_MS, running)).toEqual({ server: null, objects: null })
  })
})

describe('registers in every type', () => {
  test('stand side by side in the four orders, with the one that makes sense', () => {
    // 23.45 and 7.3 as floats with the low word first.
    const { singles, pairs, hints } = registerViews(100, [0x999a, 0x41bb, 0x999a, 0x40e9])
    expect(pairs.map(({ address }) => address)).toEqual([100, 102])
    const float = pairs[0]?.types.find(({ type }) => type === 'f32')
    expect(float?.values).toMatchObject({ CDAB: Math.fround(23.45) })
    // One pair may look like a small number backwards as well: together they do not.
    expect(float?.plausible).toEqual(['CDAB', 'DCBA'])
    expect(hints).toContainEqual({ type: 'f32', orders: ['CDAB'] })
    expect(singles[1]?.types[0]).toMatchObject({
      type: 'u16',
      values: { ABCD: 0x41bb, CDAB: 0x41bb, BADC: 0xbb41, DCBA: 0xbb41 },
    })
  })

  test('a count with the high word first is told from a float, and a digit above 9 is none', () => {
    const { pairs, hints } = registerViews(0, [0, 0x04d2])
    expect(pairs[0]?.types.find(({ type }) => type === 'u32')).toMatchObject({
      values: { ABCD: 1234 },
      plausible: ['ABCD', 'BADC'],
    })
    expect(pairs[0]?.types.find(({ type }) => type === 'bcd32')?.values.ABCD).toBeNull()
    expect(hints.find(({ type }) => type === 'f32')).toBeUndefined()
  })

  test('zeros and a register alone tell nothing', () => {
    expect(registerViews(0, [0, 0]).hints).toEqual([])
    expect(registerViews(0, [5]).pairs).toEqual([])
    const infinity = registerViews(0, [0x7f80, 0]).pairs[0]?.types.find(({ type }) => type === 'f32')
    expect(infinity?.plausible).not.toContain('ABCD')
  })
})

describe('a probe', () => {
  test('scans with an estimate before and a sum behind, and asks who was found', async () => {
    const [gauge] = await simulate()
    const { isFound, printed, told } = await probed({ url: gauge, units: [1, 2], isIdentified: true })
    expect(isFound).toBe(true)
    expect(told[0]).toBe('2 units, 10000 ms each: at most 20 s; units that answer make it shorter. Ctrl-C ends it.')
    expect(told[1]).toMatch(/^50 % asked, 1 found; about \d+ s left$/)
    expect(told.at(-1)).toBe('100 % asked, 1 found.')
    expect(printed).toEqual([
      `unit 1 on ${gauge} refuses, so it is there: exception 2`,
      'unit 1\nfunction 17: no answer\nfunction 43/14: no answer',
    ])
  })

  test('finds the settings of a serial line, and asks no others then', async () => {
    const pty = open.use(openPty())
    // Speaks whatever the speed is: a pseudo-terminal has none. The first setting is the one.
    pty.input.on('data', () => void pty.write(encodeRtu(1, encodeResponse({ function: 3, registers: [7] }))))
    const { printed, told } = await probed({ url: `serial://${pty.path}`, isEverySetting: true, isJson: true })
    expect(told[0]).toContain(`1 units at ${SETTINGS.length} settings`)
    expect(printed.map((line) => JSON.parse(line))).toEqual([
      { unit: 1, line: `serial://${pty.path}?baud=9600&parity=none&stopBits=1`, answer: 'value', detail: 'holding 0: 0007' },
    ])
  })

  test('reads registers of a simulated sensor, and bits', async () => {
    const [, sensor] = await simulate()
    const ranges = [parseRange('input:106:3'), parseRange('discrete:0:1')]
    const { printed } = await probed({ url: sensor, units: [2], ranges })
    expect(printed[0]).toMatch(/^unit 2, input 106 to 108\naddress +hex +type +ABCD +CDAB +BADC +DCBA\n/)
    expect(printed[0]).toContain('as f32 only')
    expect(printed[1]).toBe('unit 2, discrete 0 to 0\n0')
    const [json] = (await probed({ url: sensor, units: [2], ranges: ranges.slice(0, 1), isJson: true })).printed
    expect(JSON.parse(json ?? '')).toMatchObject({
      unit: 2,
      table: 'input',
      address: 106,
      words: expect.any(Array),
      pairs: [{ address: 106 }],
    })
    await using lease = busOf().lease(sensor)
    await expect(readRange(lease.line, 2, parseRange('coil:0'), LONG_MS, running)).rejects.toMatchObject({ code: 'exception' })
  })

  test('of nobody there, and of nobody who says who he is, finds nothing', async () => {
    const [gauge] = await simulate()
    expect((await probed({ url: gauge, units: [7, 8] })).isFound).toBe(false)
    expect((await probed({ url: gauge, isIdentified: true, isJson: true })).printed).toEqual([
      '{"unit":1,"server":null,"objects":null}',
    ])
    const stopped = await probed({ url: gauge, units: [1, 2] }, AbortSignal.abort())
    expect(stopped.told.at(-1)).toBe('Stopped: 0 % asked, 0 found.')
  })
})

describe('what a person types', () => {
  test('ranges', () => {
    expect(parseRange('holding:10:4')).toEqual({ table: 'holding', address: 10, count: 4 })
    expect(parseRange('coil:0')).toEqual({ table: 'coil', address: 0, count: 1 })
    expect(() => parseRange('register:0')).toThrow('expected <table>:<address>:<count>')
    for (const wrong of ['holding:', 'holding:0:126', 'holding:65535:2', 'holding:0:1:1', 'holding:x', 'holding:0:0'])
      expect(() => parseRange(wrong)).toThrow('expected an address from 0 and a count of 1 to 125')
  })

  test('units', () => {
    expect(parseUnits('1,5,3-6')).toEqual([1, 5, 3, 4, 6])
    for (const wrong of ['', '1-', '9-3', '256', 'x']) expect(() => parseUnits(wrong)).toThrow('expected units such as 1-247')
  })

  test.each([
    [0, '0 s'],
    [1, '1 s'],
    [61_000, '1 min 1 s'],
    [7_200_000, '2 h'],
  ])('%i ms are %s', (ms, words) => {
    expect(describeMs(ms)).toBe(words)
  })
})

describe('a monitor', () => {
  test('says what frames mean, however they are cut', () => {
    const tell = frameTeller('tcp://127.0.0.1:502')
    expect(tell({ at: 12.3, tx: '000100000006010300000002' })).toBe(
      '    0.0123 tx 00 01 00 00 00 06 01 03 00 00 00 02  unit 1 function 3 0 count 2',
    )
    expect(tell({ at: 20, rx: '0001000000' })).toBe('    0.0200 rx 00 01 00 00 00')
    expect(tell({ at: 21, rx: '070103040007ffff' })).toContain('unit 1 registers 7 65535')
    expect(tell({ at: 22, rx: '000200000003018302' })).toContain('unit 1 exception 2 (illegal data address)')
    expect(tell({ at: 22, rx: '000200000003016302' })).toContain('unit 1 function 99')
    expect(tell({ at: 23, event: 'close' })).toBe('    0.0230 close')
    expect(tell({ at: 24, event: 'error', why: 'gone' })).toBe('    0.0240 error: gone')
    expect(tell({ at: 25, dropped: 4 })).toContain('4 lines are missing')
    const rtu = frameTeller('serial:///dev/ttyS0')
    const hex = Buffer.from(encodeRtu(1, encodeResponse({ function: 1, bits: [true] }))).toString('hex')
    expect(rtu({ at: 0, rx: hex })).toContain('unit 1 bits 10000000')
    const write = Buffer.from(encodeRtu(1, encodeResponse({ function: 6, address: 1, value: 2 }))).toString('hex')
    expect(rtu({ at: 0, rx: write })).toContain('unit 1 function 6')
    expect(rtu({ at: 0, tx: write })).toContain('unit 1 function 6 1')
  })

  test('hears what others say on a serial line, without a word of its own', async () => {
    const pty = open.use(openPty())
    const entries: object[] = []
    const stop = new AbortController()
    let isAsked = false
    pty.input.on('data', () => {
      isAsked = true
    })
    const watching = watchLine(
      `serial://${pty.path}`,
      wallClock(),
      (entry) => {
        entries.push(entry)
        if ('event' in entry && entry.event === 'open') pty.write(Uint8Array.of(1, 3, 2))
        if ('rx' in entry) stop.abort()
      },
      stop.signal,
    )
    await watching
    expect(entries).toMatchObject([{ event: 'open' }, { rx: '010302' }, { event: 'close' }])
    expect(isAsked).toBe(false)
  })

  test('ends with its connection', async () => {
    const slave = open.use(await openScriptedSlave((each) => each.socket.write(echoTcp(each))))
    const entries: object[] = []
    await watchLine(
      slave.url,
      wallClock(),
      (entry) => {
        entries.push(entry)
        setImmediate(() => slave.cut())
      },
      running,
    )
    expect(entries.at(-1)).toMatchObject({ event: 'close' })
  })
})
