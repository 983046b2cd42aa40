import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'

const CLI = fileURLToPath(new URL('./cli.ts', import.meta.url))
const env = { ...process.env, NODE_COMPILE_CACHE: fileURLToPath(new URL('./node_modules/.cache/node', import.meta.url)) }
/** A process that has not started, or ended, by then hangs. */
const WAIT = { timeout: 15_000, interval: 20 }

interface Vector {
  readonly name: string
  readonly protocol: string
  readonly hex?: string
  readonly ascii?: string
  readonly args?: readonly string[]
  readonly decoded?: object | null
  readonly error?: string
}

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

let folder = ''
const children = new Set<ChildProcess>()
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-cli-'))
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
  rmSync(folder, { recursive: true })
})

function start(args: readonly string[], extra: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: folder,
    env: { ...env, ...extra },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.add(child)
  const [stdout, stderr]: [string[], string[]] = [[], []]
  child.stdout.setEncoding('utf8').on('data', (text: string) => stdout.push(text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text))
  const ended = once(child, 'close').then(([code]): Ended => ({ code, stdout: stdout.join(''), stderr: stderr.join('') }))
  return { child, ended }
}
const run = (args: readonly string[], extra?: NodeJS.ProcessEnv): Promise<Ended> => start(args, extra).ended

/** Starts what runs until it is stopped; resolves when its ready file is there. */
async function startReady<T>(name: string, args: readonly string[]) {
  const file = join(folder, `${name}.ready.json`)
  const process = start([...args, '--ready-file', file])
  const early = process.ended.then(({ stderr }) => expect.fail(`${name} ended: ${stderr}`))
  early.catch(() => {})
  await Promise.race([vi.waitFor(() => expect(existsSync(file)).toBe(true), WAIT), early])
  const stop = (): Promise<Ended> => {
    process.child.kill('SIGTERM')
    return process.ended
  }
  return { ...process, stop, ready: JSON.parse(readFileSync(file, 'utf8')) as T }
}

function write(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}
const DEVICE = '{ id: d, profile: multi/acme-ws-5, line: "tcp://127.0.0.1:1" }'
const gatewayFile = (more = '') => write('gateway.yaml', `gateway: g\nconsole: { port: 0 }\ndevices: [${DEVICE}]\n${more}`)
const cloudFile = (more = '') => write('cloud.yaml', `http: { port: 0 }\nbroker: { port: 0${more} }\n`)

describe('called wrongly', () => {
  test.each([
    [[], 'Usage: sluice'],
    [['bogus'], "unknown command 'bogus'"],
    [['gateway', 'bogus'], 'got 1: bogus'],
    [['gateway', '--bogus'], "unknown option '--bogus'"],
    [['gateway'], 'expected --config <gateway.yaml>, got none'],
    [['gateway', 'check'], 'expected --config <gateway.yaml>, got none'],
    [['cloud'], "option '--config <file>' not specified"],
    [['cloud', '--config', 'x', '--http-port', '70000'], 'expected a port from 0 to 65535, got "70000"'],
    [['demo', '--for', '60'], 'expected a duration such as 60s, got "60"'],
    [['demo', '--for', '0s'], 'expected at least 1ms and at most 1d, got "0s"'],
    [['demo', '--speed', 'fast'], 'expected a number above 0, got "fast"'],
    [['simulate', 'nope'], /expected a scenario file, or one of .*storm.*, got "nope"/],
    [['simulate', 'storm', '--clock', 'nonsense'], 'expected start, speed or since in the clock, got "nonsense"'],
    [['simulate', 'storm', '--clock', 'start=2026-07-01'], 'expected a time with its zone in clock start, got "2026-07-01"'],
    [['devices', 'list', '--kind', 'nope'], /expected one of .*scale.*, got "nope"/],
    [['devices', 'list', '--profiles', 'nope'], 'expected a file or a folder that is there, got "nope"'],
    [['devices', 'list', '--profiles', CLI], 'expected a folder in --profiles, got the file'],
    [['devices', 'show', 'nope'], /expected one of .*scale\/toledo-8217.*, got "nope"/],
    [['devices', 'test', 'nope'], 'expected a file or a folder that is there, got "nope"'],
    [['bench', 'nope'], /expected one of .*road.*, got "nope"/],
    [['chaos', '--suite', 'kill', '--seed', 'x'], 'expected a whole number, got "x"'],
    [['decode'], /expected a protocol of .*sl651.*, got none/],
    [['decode', 'morse', '--text', 'x'], /expected a protocol of .*sl651.*, got "morse"/],
    [['decode', 'sl651'], 'expected one of --hex, --text and --file'],
    [['decode', 'sl651', '--hex', '00', '--text', 'x'], 'expected one of --hex, --text and --file'],
    [['decode', 'sl651', '--hex', '7E7'], 'expected two hex digits for each byte, got "7E7"'],
    [['decode', 'modbus-rtu', '--hex', '00', '--as', 'echo'], 'Allowed choices are request, response'],
    [['encode', 'sl651', '{'], 'expected JSON, got'],
    [['record', '--config', 'nope', '--line', 'x'], 'expected a readable file, got ENOENT'],
    [['replay', 'nope'], 'expected a readable file, got ENOENT for "nope"'],
    [['replay', CLI], /cli\.ts:1:1: expected a JSON object, got/],
    [['replay', 'nope', '--as', 'nobody'], 'Allowed choices are driver, device'],
    [['probe', 'nope'], 'expected a line such as tcp://10.0.0.7:502'],
    [['probe', 'tcp://127.0.0.1:1', '--units', '9-3'], 'expected units such as 1-247'],
    [['probe', 'tcp://127.0.0.1:1', '--read', 'x:1'], 'expected <table>:<address>:<count>'],
  ])('%j ends with 2 and says so on stderr', async (args, message) => {
    const { code, stdout, stderr } = await run(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toEqual(typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message))
    expect(stderr).not.toMatch(/^ {4}at /m)
  })

  test('every command has help', async () => {
    const { stdout } = await run(['--help'])
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) (?=[[<])/gm)].map(([, name = '']) => name)
    expect(commands).toEqual(expect.arrayContaining(['demo', 'cloud', 'gateway', 'simulate', 'audit', 'bench', 'chaos', 'help']))
    const calls = [...commands.map((name) => [name, '--help']), ['gateway', 'check', '--help'], ['--version']]
    for (const { code, stderr } of await Promise.all(calls.map((args) => run(args))))
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test('a role, and a level of logging, that is none is told', async () => {
    expect(await run(['cloud', '--config', cloudFile(), '--role', 'broker,king'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/expected some of broker,ingest,api.*, got "broker,king"/),
    })
    expect(await run(['gateway', '--config', gatewayFile()], { SLUICE_LOG: 'loud' })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('expected SLUICE_LOG as one of trace, debug, info, warn, error, fatal, silent, got "loud"'),
    })
  })

  test('whoever reads no further ends it quietly', async () => {
    const { child, ended } = start(['--help'])
    child.stdout?.destroy()
    expect(await ended).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('bytes and what they mean', () => {
  const vectors = JSON.parse(
    readFileSync(new URL('./firmware-protocols/proof/vectors.json', import.meta.url), 'utf8'),
  ) as Vector[]
  const first = [...Map.groupBy(vectors, ({ protocol, error }) => `${protocol} ${error ?? ''}`).values()].flatMap(
    ([vector]) => vector ?? [],
  )
  const decodeArgs = ({ protocol, hex, ascii = '', args = [] }: Vector) => [
    'decode',
    protocol,
    ...(hex === undefined ? ['--text', ascii] : ['--hex', hex]),
    ...args,
    '--json',
  ]

  test.each(first)('$protocol: $name', async (vector) => {
    const { code, stdout, stderr } = await run(decodeArgs(vector))
    if (vector.error) {
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(`^${vector.error}: expected `) })
      expect(JSON.parse(stdout)).toMatchObject({ error: vector.error })
    } else {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(JSON.parse(stdout)).toMatchObject(vector.decoded ?? {})
    }
  })

  test('a frame is shown byte by byte, and is encoded again from what was said of it', async () => {
    const request = ['--as', 'request']
    const shown = await run(['decode', 'modbus-rtu', '--hex', '11 03 00 6B 00 03 76 87', ...request])
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringMatching(/^0000 {2}11 .*17\n0001 {2}03 /) })
    const { stdout } = await run(['decode', 'modbus-rtu', '--hex', '1103006B00037687', ...request, '--json'])
    expect(await run(['encode', 'modbus-rtu', stdout, ...request])).toMatchObject({ code: 0, stdout: '1103006B00037687\n' })
    const raw = await run(['encode', 'modbus-ascii', '{"unit":1,"function":3,"address":0,"count":2}', ...request, '--raw'])
    expect(raw).toEqual({ code: 0, stdout: ':010300000002FA\r\n', stderr: '' })
    expect(await run(['decode', 'modbus-ascii', '--file', write('frame', raw.stdout), ...request, '--json'])).toMatchObject({
      code: 0,
    })
  })

  test('a value that is no message is told by its place', async () => {
    expect(await run(['encode', 'modbus-rtu', '{"unit":"x","function":3}', '--as', 'request'])).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^malformed: expected /),
    })
  })

  test('the list names every protocol', async () => {
    const { code, stdout } = await run(['decode', '--list'])
    const names = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0])
    expect(code).toBe(0)
    expect(names).toEqual(expect.arrayContaining(vectors.map(({ protocol }) => protocol)))
    const listed = JSON.parse((await run(['decode', '--list', '--json'])).stdout)
    expect(listed.map(({ name }: { name: string }) => name)).toEqual(names)
  })
})

describe('a wrong file', () => {
  test('ends with 2 and file, line and column of every fault, before anything is opened', async () => {
    const file = gatewayFile('rulez: []\nbroker: mqtt://:1\n')
    const expected = {
      code: 2,
      stdout: '',
      stderr: `${file}:4:1: rulez: expected one of the keys gateway, data, broker, console, outbox, clock, profiles, stations, devices, rules, got an unknown one\n`,
    }
    expect(await run(['gateway', '--config', file])).toEqual(expected)
    expect(await run(['gateway', 'check', '--config', file, '--json'])).toEqual(expected)
    const cloud = write('cloud.yaml', 'zone: Mars/Base\n')
    const told = `${cloud}:1:1: zone: expected a time zone such as Asia/Shanghai, got "Mars/Base"\n`
    expect(await run(['cloud', '--config', cloud])).toEqual({ code: 2, stdout: '', stderr: told })
    expect(existsSync(join(folder, 'data'))).toBe(false)
  })

  test('a right one is told to be right, for people and for programs, wherever --config stands', async () => {
    const file = gatewayFile()
    const expected = { code: 0, stderr: '', stdout: expect.stringContaining('Nothing is wrong.') }
    expect(await run(['gateway', 'check', '--config', file])).toEqual(expected)
    expect(await run(['gateway', '--config', file, 'check'])).toEqual(expected)
    const { stdout } = await run(['gateway', 'check', '--config', file, '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, gateway: 'g', devices: 1, lines: ['tcp://127.0.0.1:1'], rules: 0 })
    expect(existsSync(join(folder, 'data'))).toBe(false)
  })

  test('a schedule that its line cannot keep is refused with the arithmetic, and one that it can is told with it', async () => {
    const devices = (baud: number) =>
      [1, 2, 3, 4, 5].map(
        (unit) => `{ id: d${unit}, profile: multi/acme-ws-5, line: "serial:///dev/ttyS1?baud=${baud}", unit: ${unit} }`,
      )
    const file = (baud: number) => write('bus.yaml', `gateway: g\ndevices: [${devices(baud).join(', ')}]\n`)
    for (const json of [[], ['--json']])
      expect(await run(['gateway', 'check', '--config', file(300), ...json])).toEqual({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(/at 300 baud.* got 103\.0 %\n.*\n.*\(8 \+ 15 bytes\) × 33\.3 ms/),
      })
    const { code, stdout } = await run(['gateway', 'check', '--config', file(9600)])
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('bus time: 6.1 % typically') })
  })

  test('an address that other machines reach needs leave', async () => {
    const refused = { code: 2, stderr: expect.stringContaining('--insecure-lan allows it') }
    const gateway = write('lan.yaml', 'gateway: g\nconsole: { host: 127.0.0.2, port: 0 }\n')
    expect(await run(['gateway', '--config', gateway])).toMatchObject(refused)
    expect(await run(['cloud', '--config', cloudFile(', host: 0.0.0.0')])).toMatchObject(refused)
    const { ready, stop } = await startReady<{ console: string }>('lan', ['gateway', '--config', gateway, '--insecure-lan'])
    expect(ready.console).toMatch(/^http:\/\/127\.0\.0\.2:/)
    expect((await stop()).code).toBe(0)
  })
})

describe('the catalogue of devices', () => {
  const model = (value: string) => `title: Bench
kind: scale
source: a test
unconfirmed: true
scale: { protocol: st-gs }
examples: [{ name: half, text: "ST,GS,+000.500kg\\r\\n", decoded: { value: ${value} } }]
`

  test('is listed by kind and shown by name, for people and for programs, with the models of a site', async () => {
    const site = join(folder, 'site')
    mkdirSync(join(site, 'scale'), { recursive: true })
    writeFileSync(join(site, 'scale/bench.yaml'), model('0.5'))
    const listed = await run(['devices', 'list', '--kind', 'scale', '--profiles', site])
    expect(listed).toMatchObject({ code: 0, stderr: '' })
    expect(listed.stdout).toMatch(/^scale\/bench +st-gs +Bench \(unconfirmed\)$/m)
    expect(listed.stdout).not.toMatch(/^rain-gauge/m)
    const { stdout } = await run(['devices', 'list', '--json'])
    expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ name: 'rain-gauge/acme-rg-1', protocol: 'modbus' }))
    const shown = await run(['devices', 'show', 'scale/bench', '--profiles', site])
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('half: "ST,GS,+000.500kg') })
    const json = await run(['devices', 'show', 'rain-gauge/acme-rg-1', '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({
      name: 'rain-gauge/acme-rg-1',
      modbus: { points: { battery: { unit: 'V' } } },
    })
  })

  test('a model that its codec does not bear out ends the test with 1, and is told by file, line and column', async () => {
    mkdirSync(join(folder, 'scale'))
    const good = write('scale/good.yaml', model('0.5'))
    const bad = write('scale/bad.yaml', model('0.6'))
    expect(await run(['devices', 'test', good])).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^scale\/good: 1 example holds\n$/),
    })
    const fault = `${bad}:6:67: examples[0].decoded.value: expected what its codec says, 0.5, got 0.6`
    expect(await run(['devices', 'test', bad])).toEqual({ code: 1, stdout: '', stderr: `${fault}\n` })
    const { code, stdout } = await run(['devices', 'test', folder, '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, passed: ['scale/good'], faults: [{ file: bad, line: 6 }] })
  })

  test('its schema is the published one', async () => {
    const { stdout } = await run(['devices', 'schema'])
    const published = readFileSync(fileURLToPath(new URL('./docs/schema/profile.schema.json', import.meta.url)), 'utf8')
    expect(JSON.parse(stdout)).toEqual(JSON.parse(published))
  })

  test('a check of a site names its unconfirmed models', async () => {
    const file = write(
      'gateway.yaml',
      'gateway: g\ndevices: [{ id: R, profile: rain-gauge/generic-rs485, line: "tcp://127.0.0.1:1" }]\n',
    )
    const { stdout } = await run(['gateway', 'check', '--config', file])
    expect(stdout).toContain(
      "R: its model rain-gauge/generic-rs485 is unconfirmed: compare its values with the device's own display",
    )
    const json = await run(['gateway', 'check', '--config', file, '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ unconfirmed: [{ device: 'R', profile: 'rain-gauge/generic-rs485' }] })
  })
})

describe('what cannot be had', () => {
  let holder: Server
  let port = ''
  beforeAll(async () => {
    holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    port = String((holder.address() as AddressInfo).port)
  })
  afterAll(() => {
    holder.close()
  })

  test.each([
    ['--console-port', () => ['gateway', '--config', gatewayFile()]],
    ['--http-port', () => ['cloud', '--config', cloudFile()]],
    ['--mqtt-port', () => ['cloud', '--config', cloudFile()]],
    ['--port-base', () => ['simulate', 'storm']],
  ])('a port in use is named with %s', async (flag, args) => {
    const { code, stderr } = await run([...args(), flag, port], { SLUICE_LOG: 'silent' })
    expect(code).toBe(1)
    expect(stderr).toMatch(new RegExp(`^expected .*\\b${port}\\b.*${flag}.*\\n$`))
  })

  test('a host that is not this machine is named', async () => {
    const file = write('far.yaml', 'gateway: g\nconsole: { host: 192.0.2.1, port: 0 }\n')
    const { code, stderr } = await run(['gateway', '--config', file, '--insecure-lan'], { SLUICE_LOG: 'silent' })
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'expected an address of this machine as host, got 192.0.2.1\n' })
  })

  test('a data folder that is none is named', async () => {
    const file = gatewayFile('data: ./file/data\n')
    write('file', '')
    expect(await run(['gateway', '--config', file])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^ENOTDIR.*file\/data'\n$/),
    })
  })

  test('an audit of nothing says that there is nothing', async () => {
    const file = cloudFile()
    const told = { code: 1, stdout: '', stderr: expect.stringMatching(/^expected .*inbox\.db, got no file.*\n$/) }
    expect(await run(['audit', '--config', file])).toEqual(told)
    mkdirSync(join(folder, 'data/cloud'), { recursive: true })
    expect(await run(['audit', '--config', file, '--json'])).toEqual(told)
  })
})

describe('what runs until it is stopped', () => {
  test('simulated devices tell their addresses, and SIGTERM ends them with 0', async () => {
    const { ready, child, stop } = await startReady<{ addresses: { url: string }[]; pid: number }>('simulate', [
      'simulate',
      'storm',
    ])
    expect(ready.pid).toBe(child.pid)
    expect(ready.addresses[0]?.url).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/)
    expect(await stop()).toMatchObject({ code: 0, stdout: '' })
  })

  test('cloud and gateway find each other, and SIGTERM ends each with 0, also the gateway whose cloud is gone', async () => {
    const cloud = await startReady<{ broker: string; http: string }>('cloud', ['cloud', '--config', cloudFile()])
    const file = gatewayFile(`broker: ${cloud.ready.broker}\n`)
    const gateway = await startReady<{ console: string }>('gateway', ['gateway', '--config', file])
    const uplink = async () => ((await (await fetch(`${gateway.ready.console}/status`)).json()) as { uplink: object }).uplink
    await vi.waitFor(async () => expect(await uplink()).toMatchObject({ isConnected: true }), WAIT)
    expect((await cloud.stop()).code).toBe(0)
    await vi.waitFor(async () => expect(await uplink()).toMatchObject({ isConnected: false }), WAIT)
    expect((await gateway.stop()).code).toBe(0)
  })

  test('a cloud whose broker is away starts all the same, and ends with 0', async () => {
    const file = cloudFile(', url: "mqtt://127.0.0.1:1"')
    const cloud = await startReady<{ http: string }>('cloud', ['cloud', '--config', file])
    expect((await fetch(`${cloud.ready.http}/health`)).ok).toBe(true)
    expect((await cloud.stop()).code).toBe(0)
  })

  test('a gateway whose journal is none begins another, and keeps what was there', async () => {
    mkdirSync(join(folder, 'data/gateway'), { recursive: true })
    const damaged = 'x'.repeat(5000)
    write('data/gateway/journal.db', damaged)
    const { stop } = await startReady('gateway', ['gateway', '--config', gatewayFile()])
    expect((await stop()).code).toBe(0)
    const aside = readdirSync(join(folder, 'data/gateway')).filter((name) => name.startsWith('journal.db.damaged-'))
    expect(aside.map((name) => readFileSync(join(folder, 'data/gateway', name), 'utf8'))).toEqual([damaged])
  })

  test('a gateway whose journal loses a table while it runs goes on with another', async () => {
    const { stop } = await startReady('gateway', ['gateway', '--config', gatewayFile()])
    const journal = new Database(join(folder, 'data/gateway/journal.db'))
    journal.exec('DROP TABLE notice')
    journal.close()
    const names = () => readdirSync(join(folder, 'data/gateway'))
    await vi.waitFor(() => expect(names().some((name) => name.startsWith('journal.db.damaged-'))).toBe(true), WAIT)
    expect((await stop()).code).toBe(0)
  })
})

describe("a technician's tools", () => {
  interface Simulated {
    readonly addresses: readonly { readonly device: string; readonly url: string; readonly unit: number }[]
  }
  const CLOCK = () => `start=2026-07-01T08:00:00+08:00,speed=2400,since=${Date.now()}`

  /** The storm's devices, and a gateway that polls them every five minutes of site time: eight times a second. */
  async function startSite() {
    const clock = CLOCK()
    const simulator = await startReady<Simulated>('simulate', ['simulate', 'storm', '--clock', clock])
    const models: Record<string, string> = { '9DMF0001-R': 'rain-gauge/acme-rg-1', '9DMF0001-Z': 'level-sensor/acme-lv-4' }
    const devices = simulator.ready.addresses.map(({ device, url, unit }) => ({
      id: device,
      profile: models[device],
      line: url,
      unit,
    }))
    const config = write(
      'site.yaml',
      JSON.stringify({ gateway: 'g', console: { port: 0 }, broker: 'mqtt://127.0.0.1:1', devices }),
    )
    const gateway = await startReady<{ console: string }>('gateway', ['gateway', '--config', config, '--clock', clock])
    const consolePort = new URL(gateway.ready.console).port
    return { simulator, gateway, config, reach: ['--config', config, '--console-port', consolePort], devices }
  }

  test('a line of a running gateway is recorded, and the recording replayed as its device and into its driver', async () => {
    const { gateway, reach } = await startSite()
    const recorded = await run(['record', ...reach, '--line', '9DMF0001-R', '--for', '2s', '--out', 'r.jsonl'])
    expect(recorded).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(/^\d+ entries recorded in r\.jsonl\n$/) })
    expect(await run(['record', ...reach, '--line', '9DMF0001-R', '--out', 'r.jsonl'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('EEXIST'),
    })
    expect(await run(['record', ...reach, '--line', 'nope'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('got "nope"'),
    })
    expect((await gateway.stop()).code).toBe(0)
    expect(await run(['record', ...reach, '--line', '9DMF0001-R'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('expected a running gateway'),
    })

    const first = await run(['replay', 'r.jsonl'])
    expect(first).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^\d+ sent and \d+ received in [\d.]+ s, recorded .* on tcp:.*\n$/),
    })
    const readings = first.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(readings).toContainEqual(
      expect.objectContaining({ device: '9DMF0001-R', point: 'rain_total', decimals: 1, quality: 'good' }),
    )
    const expected = write('readings.jsonl', first.stdout)
    expect(await run(['replay', 'r.jsonl', '--expect', expected])).toMatchObject({ code: 0, stdout: '' })
    const [online, reading, ...rest] = readings
    write('other.jsonl', [online, { ...reading, value: -1 }, ...rest].map((line) => JSON.stringify(line)).join('\n'))
    const differs = await run(['replay', 'r.jsonl', '--expect', 'other.jsonl'])
    expect(differs).toMatchObject({ code: 1, stdout: '' })
    expect(differs.stderr).toMatch(/^other\.jsonl: line 2: expected \w+ at 2026-.*"value":-1.*, got \w+ at 2026-.*$/m)

    const device = await startReady<{ url: string }>('replay', ['replay', 'r.jsonl', '--as', 'device'])
    const read = await run(['probe', device.ready.url, '--read', 'input:0:2', '--json', ...reach])
    expect(JSON.parse(read.stdout)).toMatchObject({ unit: 1, table: 'input', words: [expect.any(Number), expect.any(Number)] })
    expect((await run(['probe', device.ready.url, '--read', 'input:0:3', ...reach])).code).toBe(1)
    expect(await device.stop()).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^2 requests, 1 of them not in the recording$/m),
    })
  })

  test('a recorded serial line is a pseudo-terminal, and another model may read it', async () => {
    const header = {
      sluice: 'recording',
      version: 1,
      line: 'serial:///dev/ttyUSB0?baud=9600&parity=none&stopBits=1',
      devices: [],
      started: '2026-07-01T00:00:00.000Z',
    }
    // Unit 1 is asked for input register 0, of which it says 7.
    const entries = [
      { at: 0, event: 'open' },
      { at: 1, tx: '01040000000131ca' },
      { at: 5, rx: '0104020007f8f2' },
    ]
    const file = write('serial.jsonl', `${[header, ...entries].map((line) => JSON.stringify(line)).join('\n')}\n`)
    expect(await run(['replay', file])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('expected the model of the device with --profile'),
    })
    const other = await run(['replay', file, '--profile', 'level-sensor/acme-lv-4', '--unit', '2'])
    expect(other).toMatchObject({ code: 0, stderr: expect.stringMatching(/requests are not in the recording/) })
    const device = await startReady<{ url: string }>('pty', ['replay', file, '--as', 'device', '--speed', '10'])
    expect(device.ready.url).toMatch(/^serial:\/\/\/dev\/pts\/\d+\?baud=9600&parity=none&stopBits=1$/)
    const read = await run(['probe', device.ready.url, '--read', 'input:0:1', '--console-port', '1', '--timeout', '5s'])
    expect(read).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^unit 1, input 0 to 0\naddress +hex[^\n]*\n0 +0007 +u16 +7 +7 +1792 +1792\n/),
    })
    expect((await device.stop()).code).toBe(0)
  })

  test('a probe finds units and reads them, and looks on where the gateway holds the line', async () => {
    const { simulator, gateway, reach, devices } = await startSite()
    const [gauge] = devices
    const line = gauge?.line ?? ''
    const watched = await run(['probe', line, '--watch', '--for', '1s', ...reach])
    expect(watched).toMatchObject({ code: 0, stderr: expect.stringContaining('holds tcp://') })
    expect(watched.stdout).toMatch(
      /^ +[\d.]+ tx [0-9a-f ]+ {2}unit 1 function 4 0 count \d+\n +[\d.]+ rx [0-9a-f ]+ {2}unit 1 registers \d/m,
    )
    expect(await run(['probe', line, ...reach])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('two masters disturb each other'),
    })
    expect((await gateway.stop()).code).toBe(0)
    const found = await run(['probe', line, '--units', '1-3', '--timeout', '5s', ...reach])
    expect(found).toMatchObject({ code: 0, stdout: `unit 1 on ${line} refuses, so it is there: exception 2\n` })
    expect(found.stderr).toMatch(/^3 units, 5000 ms each: at most 15 s;[\s\S]*100 % asked, 1 found\.\n$/)
    expect((await run(['probe', line, '--units', '7-8', '--json', ...reach])).code).toBe(1)
    expect((await simulator.stop()).code).toBe(0)
    expect(await run(['probe', line, '--units', '1', ...reach])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ECONNREFUSED'),
    })
  })

  test('Ctrl-C ends a scan with what was found', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const asked = once(silent, 'connection')
    const { child, ended } = start(['probe', `tcp://127.0.0.1:${port}`, '--timeout', '1h', '--console-port', '1'])
    await asked
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('Stopped: 0 % asked, 0 found.') })
    silent.close()
  })
})
