#!/usr/bin/env node
import { readdirSync, readFileSync } from 'node:fs'
import { open as openFile } from 'node:fs/promises'
import { devNull } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { Command, CommanderError, Option } from 'commander'
import pino, { type Logger } from 'pino'
import type { Role } from '#cloud'
import {
  type Clock,
  type ClockSetting,
  DocumentError,
  formatClock,
  loadCatalogue,
  parseClock,
  siteClock,
  UNCONFIRMED,
  wallClock,
} from '#devices'
import type { ReplayedDevice } from '#drivers'
import {
  clockArgument,
  durationArgument,
  FOR_MS_MAX,
  portArgument,
  positiveArgument,
  seedArgument,
  timeArgument,
  UsageError,
  urlArgument,
} from './cli-arguments.ts'
import { addCodecCommands } from './cli-codecs.ts'
import { addDeviceCommands, catalogueWith } from './cli-devices.ts'

/**
 * The front door: reads arguments, environment and signals, composes the rooms, and says how it went. It holds no logic of its own. Each command
 * loads its own rooms: a gateway's box has no memory to spare for the cloud's.
 */

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as { version: string }

/** Somebody called it wrongly, or gave it a wrong file: exit 2. */
const EXIT_USAGE = 2
/** Characters of the log that wait where it cannot be written; beyond it new lines are dropped. */
const LOG_WAITING_MAX = 256 * 1024
/** Only root may listen below this. */
const PORT_FREE_MIN = 1024
/** Devices answer within this, nearly all of them. */
const PROBE_TIMEOUT_MS = 200
/** Of a gateway's console, where nobody says another. */
const CONSOLE_PORT = 8090
const LOOPBACK = ['127.0.0.1', '::1', 'localhost']

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(name))

// Who reads no further, as `| head` does, has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

const program = new Command('sluice')
  .description('Open edge gateway and device platform')
  .version(version)
  .exitOverride()
  .showHelpAfterError('(--help tells more)')
const clockOption = () =>
  new Option('--clock <setting>', 'site clock: start=2026-07-01T08:00:00+08:00,speed=720[,since=<epoch ms>]').argParser(
    clockArgument,
  )
const readyOption = () => new Option('--ready-file <file>', 'written when everything listens: addresses and pid as JSON')
const lanOption = () =>
  new Option('--insecure-lan', 'allow an address that other machines can reach; nothing asks who is there yet')

program
  .command('demo')
  .description('everything on this machine: cloud, gateway, simulated devices, a storm')
  .option('--for <duration>', 'end by itself after so long, with a reconciled summary', durationArgument)
  .option('--json', 'the summary as one JSON object, the last line of stdout')
  .option('--speed <factor>', 'site time per real time (default 60; with --for: as fast as 11 hours need)', positiveArgument)
  .option('--http-port <port>', 'pages and API', portArgument)
  .option('--mqtt-port <port>', 'the broker', portArgument)
  .option('--console-port <port>', "the gateway's console", portArgument)
  .option('--data <folder>', 'keep the data there instead of in a folder that goes with the run')
  .addOption(new Option('--series <kind>', 'where measurements are kept').choices(['embedded', 'influx']))
  .option('--influx-url <url>', 'an InfluxDB 1.x that runs already, instead of one that is begun for the run', urlArgument)
  .action(async (options) => {
    const { runDemo } = await import('#simulator/e2e')
    process.exitCode = await runDemo({ cli: import.meta.filename, ...options }, stop.signal)
  })

program
  .command('cloud')
  .description('the cloud side')
  .requiredOption('--config <file>', 'cloud.yaml')
  .option('--role <roles>', 'some of broker,ingest,api', 'broker,ingest,api')
  .option('--http-port <port>', 'instead of the one in the file', portArgument)
  .option('--mqtt-port <port>', 'instead of the one in the file', portArgument)
  .addOption(clockOption())
  .addOption(readyOption())
  .addOption(lanOption())
  .action(async (options) => {
    const { openCloud, readCloudConfig } = await import('#cloud')
    const file = readCloudConfig(options.config)
    const config = {
      ...file,
      broker: { ...file.broker, port: options.mqttPort ?? file.broker.port },
      http: { ...file.http, port: options.httpPort ?? file.http.port },
    }
    requireLoopback(options.insecureLan, config.broker.host, config.http.host)
    const { clock } = clockOf(options.clock)
    const ports = { '--http-port': config.http.port, '--mqtt-port': config.broker.port }
    await using cloud = await openCloud({
      config,
      roles: await rolesOf(options.role),
      version,
      clock,
      log: logger('cloud'),
    }).catch(naming(ports))
    if (options.readyFile) await tellReady(options.readyFile, { pid: process.pid, broker: cloud.brokerUrl, http: cloud.httpUrl })
    await stopped()
  })

const gateway = program
  .command('gateway')
  .description('a site')
  .option('--config <file>', 'gateway.yaml')
  .option('--console-port <port>', 'instead of the one in the file', portArgument)
  .addOption(clockOption())
  .addOption(readyOption())
  .addOption(lanOption())
  .action(async (options) => {
    const { openGateway, readGatewayConfig } = await import('#gateway')
    const file = readGatewayConfig(requireConfig(options.config))
    const config = { ...file, console: { ...file.console, port: options.consolePort ?? file.console.port } }
    requireLoopback(options.insecureLan, config.console.host)
    const { clock } = clockOf(options.clock)
    const ports = { '--console-port': config.console.port }
    const log = logger('gateway')
    await using site = await openGateway({ config, version, clock, random: Math.random, log }).catch(naming(ports))
    if (options.readyFile) await tellReady(options.readyFile, { pid: process.pid, console: site.console })
    await stopped(site.ended)
  })

gateway
  .command('check')
  .description('checks a configuration, its device models and what they ask of their lines; opens no port')
  .option('--config <file>', 'gateway.yaml')
  .option('--json', 'the checked site as JSON')
  .action(async (options, command: Command) => {
    // The parent takes --config where it stands before the word check.
    const { busRefusal, busReport, readGatewayConfig, siteLines } = await import('#gateway')
    const config = readGatewayConfig(requireConfig(options.config ?? command.parent?.opts().config))
    const lines = siteLines(config.devices)
    const unconfirmed = config.devices.filter((device) => device.profile.profile.unconfirmed)
    const refusals = lines.flatMap((line) => busRefusal(line) ?? [])
    if (refusals.length > 0) throw new UsageError(refusals.join('\n'))
    if (options.json) {
      console.log(
        JSON.stringify({
          ok: true,
          gateway: config.gateway,
          hash: config.hash,
          devices: config.devices.length,
          lines: lines.map(({ url }) => url),
          busTime: lines.map(({ url, time: { typical, worst, requestsPerSecond } }) => ({
            url,
            typical,
            worst,
            requestsPerSecond,
          })),
          rules: config.rules.length,
          unconfirmed: unconfirmed.map(({ id, profile }) => ({ device: id, profile: profile.name })),
        }),
      )
      return
    }
    console.log(
      `${config.gateway}: ${config.devices.length} devices on ${lines.length} lines, ${config.rules.length} rules judged on site. Nothing is wrong.`,
    )
    for (const line of lines) {
      const members = line.devices.map(
        ({ id, unit, caller, profile }) =>
          `${id} (${caller ? `station ${caller.address}, ${caller.mode}` : `unit ${unit}`}, ${profile.name})`,
      )
      console.log(`  ${line.words}: ${members.join(', ')}`)
      for (const text of busReport(line)) console.log(`    ${text}`)
    }
    for (const { device, factory } of lines.flatMap(({ differing }) => differing))
      console.log(`  ${device.id}: its model leaves the factory with ${factory}: it must have been set to its line`)
    for (const { id, profile } of unconfirmed) console.log(`  ${id}: its model ${profile.name} is ${UNCONFIRMED}`)
  })

program
  .command('simulate')
  .description('simulated devices only, on real ports')
  .argument('<scenario>', 'a scenario file, or the name of one that comes with the project: storm, load')
  .option('--ledger <file>', 'what was served, as JSON lines')
  .option('--port-base <port>', 'the first port; without it any free ones', portArgument)
  .addOption(clockOption())
  .addOption(readyOption())
  .action(async (name: string, options) => {
    const { openLedger, openSimulator, readScenario, SCENARIOS_FOLDER, scenarioClock } = await import('#simulator')
    const scenario = readScenario(scenarioFile(name, SCENARIOS_FOLDER), loadCatalogue())
    const { clock, setting } = clockOf(options.clock ?? formatClock(scenarioClock(scenario, Date.now())))
    using ledger = openLedger(options.ledger ?? devNull)
    const base = options.portBase ? { portBase: options.portBase } : {}
    await using simulator = await openSimulator(
      scenario,
      { clock, start: setting.start, ledger, ...base, log: logger('simulator') },
      stop.signal,
    )
    const { addresses } = simulator
    if (options.readyFile) await tellReady(options.readyFile, { addresses, clock: setting, pid: process.pid })
    else for (const { device, url, unit } of addresses) console.log(`${device}\t${url}\tunit ${unit}`)
    await stopped()
  })

addCodecCommands(program)

const consolePortOption = () => new Option('--console-port <port>', 'instead of the one in the file').argParser(portArgument)

program
  .command('record')
  .description("what goes over a line of a running gateway, as JSON lines for replay; the gateway's polls go on undisturbed")
  .requiredOption('--config <file>', 'gateway.yaml of the running gateway')
  .requiredOption('--line <url>', "the line's URL, or the id of a device on it")
  .option('--for <duration>', 'end by itself after so long', durationArgument)
  .option('--out <file>', 'instead of stdout; must not be there yet')
  .addOption(consolePortOption())
  .action(async (options) => {
    const { lineFrames } = await import('#gateway')
    const limit = AbortSignal.timeout(options.for ?? FOR_MS_MAX)
    limit.addEventListener('abort', () => stop.abort(limit), { once: true })
    const address = await consoleOf(options.config, options.consolePort)
    // A file that is there may be the only recording of a fault.
    const out = options.out === undefined ? undefined : await openFile(options.out, 'wx')
    let lines = 0
    for await (const line of lineFrames(address, options.line, stop.signal)) {
      if (out === undefined) console.log(line)
      else await out.write(`${line}\n`)
      lines++
    }
    await out?.close()
    console.error(`${Math.max(0, lines - 1)} entries recorded${options.out === undefined ? '' : ` in ${options.out}`}`)
  })

program
  .command('replay')
  .description('plays a recording into the real driver, or as the device that was recorded')
  .argument('<file>', 'what record wrote')
  .addOption(
    new Option('--as <whom>', 'driver: prints the readings; device: answers masters')
      .choices(['driver', 'device'])
      .default('driver'),
  )
  .option(
    '--speed <factor>',
    'recorded time in real time (default: 1 as a device, as fast as it goes into a driver)',
    positiveArgument,
  )
  .option(
    '--port <port>',
    'as a device: the TCP port; without it any free one, and for a serial line a pseudo-terminal',
    portArgument,
  )
  .option('--expect <file>', 'readings as JSON lines, of which each names what matters: exits with 1 at the first difference')
  .option('--profile <name>', 'the model of the device, instead of the one in the recording')
  .option('--unit <unit>', 'with --profile: its unit', '1')
  .addOption(new Option('--profiles <folder>', "a folder of a site's own models, as in gateway.yaml"))
  .addOption(readyOption())
  .action(async (file: string, options) => {
    const { tools } = await import('#drivers')
    const player = await tools.replay()
    const recording = player.parseRecording(readText(file), file)
    console.error(player.describeRecording(recording))
    if (options.as === 'device') {
      const device = player.replayedDevice(recording, options.speed ?? 1)
      await using served = await servedReplay(
        recording.header.line,
        options.port,
        (port) => player.openReplayServer(recording, device, port),
        device,
      )
      if (options.readyFile) await tellReady(options.readyFile, { pid: process.pid, url: served.url })
      else console.log(served.url)
      await stopped()
      console.error(`${device.counts.requests} requests, ${device.counts.unknownRequests} of them not in the recording`)
      return
    }
    const expectation =
      options.expect === undefined ? undefined : new player.Expectation(readText(options.expect), options.expect)
    const catalogue = catalogueWith(options.profiles)
    const named =
      options.profile === undefined
        ? recording.header.devices
        : [{ id: 'device', unit: Number(options.unit), profile: options.profile }]
    const devices = usage(() => player.replayDevices(named, catalogue))
    const differs = new AbortController()
    stop.signal.addEventListener('abort', () => differs.abort(), { once: true })
    const end = await player.replayDrivers(recording, {
      devices,
      stop: differs.signal,
      ...(options.speed !== undefined && { pace: options.speed }),
      take: (report) => {
        for (const item of player.tellable(report, devices)) {
          if (differs.signal.aborted) return
          if (expectation === undefined) console.log(JSON.stringify(item))
          else if (!expectation.take(item)) differs.abort()
        }
      },
    })
    if (end.unknownRequests > 0)
      console.error(
        `${end.unknownRequests} of ${end.requests} requests are not in the recording: ${end.unknown.slice(0, 5).join(', ')}`,
      )
    const difference = stop.signal.aborted ? undefined : expectation?.end()
    if (difference) {
      console.error(`${options.expect}: ${player.describeDifference(difference)}`)
      process.exitCode = 1
    }
  })

program
  .command('probe')
  .description('who is on a line, what its registers say, and what goes over it: for who stands in front of a device')
  .argument('<url>', 'the line: tcp://host:port, rtu+tcp://host:port or serial:///dev/ttyUSB0?baud=9600')
  .option('--units <list>', 'who is asked (default 1-247; with --read or --identify 1)')
  .option('--timeout <duration>', 'how long an answer may take', durationArgument, PROBE_TIMEOUT_MS)
  .option('--settings', 'of a serial line: also at other speeds and parities, until some unit answers')
  .option(
    '--read <table:address:count>',
    'reads coil, discrete, input or holding: each type, and the four orders of words',
    collected,
  )
  .option('--identify', 'asks for functions 17 and 43/14')
  .option('--watch', 'what goes over the line, frame by frame; through the running gateway where the line is its own')
  .option('--config <file>', 'gateway.yaml of the gateway that may hold the line (default: a console on port 8090)')
  .addOption(consolePortOption())
  .option('--for <duration>', 'with --watch: end by itself after so long', durationArgument)
  .option('--json', 'one JSON object a line')
  .action(async (url: string, options) => {
    const { lineKey, linePort, parseLine, tools } = await import('#drivers')
    const { lineFrames, runningLines } = await import('#gateway')
    const { frameTeller, parseRange, parseUnits, runProbe, watchLine } = await tools.probe()
    const address = await consoleOf(options.config, options.consolePort)
    const port = usage(() => linePort(parseLine(url)))
    const held = (await runningLines(address))?.find((line) => linePort(parseLine(line.url)) === port)
    if (options.watch) {
      const tell = options.json ? JSON.stringify : frameTeller(held?.url ?? lineKey(parseLine(url)))
      const limit = AbortSignal.timeout(options.for ?? FOR_MS_MAX)
      limit.addEventListener('abort', () => stop.abort(limit), { once: true })
      if (held === undefined) await watchLine(url, wallClock(), (entry) => console.log(tell(entry)), stop.signal)
      else {
        console.error(`the gateway at ${address} holds ${held.url}: its frames`)
        for await (const line of lineFrames(address, held.url, stop.signal)) {
          const entry = JSON.parse(line)
          if ('at' in entry) console.log(tell(entry))
        }
      }
      return
    }
    if (held)
      throw new UsageError(
        `expected a line that nobody uses, got ${held.url} of the gateway at ${address}: two masters disturb each other; end the gateway, or look on with --watch`,
      )
    const isOne = options.read !== undefined || options.identify === true
    const isFound = await runProbe(
      {
        url,
        units: usage(() => parseUnits(options.units ?? (isOne ? '1' : '1-247'))),
        timeoutMs: options.timeout,
        isEverySetting: options.settings === true,
        ranges: usage(() => (options.read ?? []).map(parseRange)),
        isIdentified: options.identify === true,
        isJson: options.json === true,
      },
      { clock: wallClock(), print: (line) => console.log(line), tell: (line) => console.error(line), stop: stop.signal },
    )
    if (!isFound && !stop.signal.aborted) process.exitCode = 1
  })

program
  .command('audit')
  .description('accounts for every row that gateways gave out: zero gaps, or which')
  .requiredOption('--config <file>', 'cloud.yaml')
  .option('--json', 'the report as JSON')
  .action(async (options) => {
    const { readCloudConfig } = await import('#cloud')
    const { auditFiles } = await import('#cloud/ingest')
    const { data } = readCloudConfig(options.config)
    const report = await auditFiles({ inbox: join(data, 'inbox.db'), records: join(data, 'records.db') })
    if (options.json) console.log(JSON.stringify(report))
    else {
      console.table(
        report.gateways.map(({ missing, ...lane }) => ({
          ...lane,
          missing: missing.map(([first, last]) => `${first}-${last}`).join(' '),
        })),
      )
      console.log(
        report.ok ? 'No gap: issued = received + refused + carried + declared lost.' : 'Rows are missing, see the table.',
      )
    }
    if (!report.ok) process.exitCode = 1
  })

program
  .command('refill')
  .description('writes a time range of the inbox into the series store again, while the role ingest does not run')
  .requiredOption('--config <file>', 'cloud.yaml')
  .requiredOption('--from <time>', 'first observe time, as 2026-07-01T08:00:00+08:00 or epoch ms', timeArgument)
  .requiredOption('--to <time>', 'first observe time after the range', timeArgument)
  .option('--json', 'what was written as JSON')
  .action(async ({ config, from, to, json }) => {
    const { readCloudConfig } = await import('#cloud')
    const { refillFiles } = await import('#cloud/ingest')
    const { data, series } = readCloudConfig(config)
    const { named, ...counts } = await refillFiles({ data, series, from, to, log: logger('refill') }, stop.signal)
    if (json) console.log(JSON.stringify({ ...counts, named }))
    else {
      console.log(
        `${counts.rows} rows of ${counts.batches} batches are in the series store, ${counts.refused} are refused by it.`,
      )
      for (const { row, why } of named) console.log(`  ${row.device} ${row.point} at ${new Date(row.at).toISOString()}: ${why}`)
    }
    if (stop.signal.aborted) process.exitCode = 1
  })

addDeviceCommands(program)

program
  .command('bench')
  .description('benchmarks: figures beside their goals, as ratios measured in one run')
  .argument('<name>', 'road, sync or protocols')
  .option('--json', 'the figures as JSON, the last line of stdout')
  .action(async (name: string, options) => {
    const { benches } = await import('#simulator/bench')
    const bench = benches[name as keyof typeof benches]
    if (bench === undefined)
      throw new CommanderError(EXIT_USAGE, 'bench', `expected one of ${Object.keys(benches).join(', ')}, got "${name}"`)
    await bench({ cli: import.meta.filename, json: options.json ?? false }, stop.signal)
  })

program
  .command('chaos')
  .description('proofs under faults: a table of issued, stored, lost, duplicate')
  .requiredOption('--suite <name>', 'kill, T01 and other tests by name, or all')
  .option('--seed <n>', 'for what is drawn by chance', seedArgument, 1)
  .option('--seeds <n>', 'how many seeds a simulation runs through', seedArgument)
  .option('--json', 'the table as JSON, the last line of stdout')
  .action(async (options) => {
    const { runChaos } = await import('#simulator/chaos')
    process.exitCode = await runChaos({ cli: import.meta.filename, size: 'full', ...options }, stop.signal)
  })

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = explain(error)
}
// A handle that somebody forgot must not keep a stopped or failed process alive.
if (stop.signal.aborted || process.exitCode) process.exit()

/** Says what is wrong and what to do. @returns the exit code */
function explain(error: unknown): number {
  // What went wrong first says more than what went wrong while cleaning up after it.
  if (error instanceof SuppressedError) return explain(error.suppressed)
  // Stopped while it started.
  if (stop.signal.aborted && error === stop.signal.reason) return 0
  if (error instanceof CommanderError) {
    if (error.code === 'bench') console.error(error.message)
    return error.exitCode === 0 ? 0 : EXIT_USAGE
  }
  if (error instanceof DocumentError || error instanceof UsageError) {
    console.error(error.message)
    return EXIT_USAGE
  }
  const { code, message } = error as NodeJS.ErrnoException
  // The system's codes help who looks for them; ours only repeat the message.
  const hint = code === 'port' ? ': choose others with --port-base' : ''
  console.error(code && /^[A-Z]/.test(code) && !message.includes(code) ? `${message} (${code})` : `${message}${hint}`)
  if (process.env.SLUICE_TRACE && error instanceof Error) console.error(error.stack)
  return 1
}

/** For a port that cannot be had: says why, and which flag chooses another. @param ports by their flags */
function naming(ports: Readonly<Record<string, number>>): (error: unknown) => never {
  return (cause) => {
    const { code, syscall, port = 0, address } = cause as NodeJS.ErrnoException & { port?: number; address?: string }
    if (syscall !== 'listen' || code === undefined) throw cause
    if (code === 'EADDRNOTAVAIL') throw new Error(`expected an address of this machine as host, got ${address}`, { cause })
    const flags = Object.entries(ports).flatMap(([flag, wanted]) => (wanted === port ? [flag] : []))
    const hint = flags.length > 0 ? `: choose another with ${flags.join(' or ')}, or in the file` : ''
    if (code === 'EADDRINUSE') throw new Error(`expected port ${port} on ${address} to be free, got one in use${hint}`, { cause })
    const below = code === 'EACCES' && port < PORT_FREE_MIN ? `, for ports below ${PORT_FREE_MIN} belong to root` : ''
    throw new Error(`expected to listen on port ${port} of ${address}, got ${code}${below}${hint}`, { cause })
  }
}

/** A path, or the name of a scenario that comes with the project. */
function scenarioFile(name: string, folder: string): string {
  if (/[/.]/.test(name)) return resolve(name)
  const known = readdirSync(folder).map((file) => basename(file, '.yaml'))
  if (!known.includes(name)) throw new UsageError(`expected a scenario file, or one of ${known.join(', ')}, got "${name}"`)
  return join(folder, `${name}.yaml`)
}

function requireConfig(file: string | undefined): string {
  if (file === undefined) throw new UsageError('expected --config <gateway.yaml>, got none')
  return file
}

/** Until there is identity, nobody else's machine may reach us by accident. */
function requireLoopback(isAllowed: boolean | undefined, ...hosts: readonly string[]): void {
  const open = hosts.find((host) => !LOOPBACK.includes(host))
  if (open !== undefined && !isAllowed)
    throw new UsageError(
      `expected a loopback address, got ${open}: other machines could reach it and nothing asks who they are; --insecure-lan allows it`,
    )
}

function clockOf(text: string | undefined): { readonly clock: Clock; readonly setting: ClockSetting } {
  const wall = Date.now()
  if (text === undefined) return { clock: wallClock(), setting: { start: wall, since: wall, speed: 1 } }
  const setting = parseClock(text, wall)
  return { clock: siteClock(setting), setting }
}

/** Where the console of a running gateway is: as its file says, else where it is by default. */
async function consoleOf(file: string | undefined, port: number | undefined): Promise<string> {
  if (file === undefined) return `http://127.0.0.1:${port ?? CONSOLE_PORT}`
  const { readGatewayConfig } = await import('#gateway')
  const { host, port: own } = readGatewayConfig(file).console
  return `http://${host.includes(':') ? `[${host}]` : host}:${port ?? own}`
}

/** A recorded device on the port that is wanted; a serial one on a pseudo-terminal, where none is. */
async function servedReplay(
  line: string,
  port: number | undefined,
  openServer: (port: number) => Promise<AsyncDisposable & { readonly url: string }>,
  device: ReplayedDevice,
): Promise<AsyncDisposable & { readonly url: string }> {
  const { parseLine } = await import('#drivers')
  if (port !== undefined || parseLine(line).kind !== 'serial') return openServer(port ?? 0)
  const { openPty } = await import('#simulator')
  const pty = openPty()
  const connection = device.connect({ write: (bytes) => void pty.write(bytes), end: () => {} })
  pty.input.on('data', (bytes: Uint8Array) => connection.receive(bytes))
  return {
    url: `serial://${pty.path}${new URL(line).search}`,
    async [Symbol.asyncDispose]() {
      connection[Symbol.dispose]()
      await pty[Symbol.asyncDispose]()
    },
  }
}

/** What is wrong with an argument that only its room can read. */
function usage<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    const isTold = error instanceof RangeError || (error instanceof Error && 'code' in error && error.code === 'configuration')
    throw isTold ? new UsageError(error.message, { cause: error }) : error
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new UsageError(`expected a readable file, got ${(cause as NodeJS.ErrnoException).code} for "${file}"`, { cause })
  }
}

function collected(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

async function rolesOf(text: string): Promise<readonly Role[]> {
  const { ROLES } = await import('#cloud')
  const names = text.split(',')
  const roles = ROLES.filter((role) => names.includes(role))
  if (roles.length !== names.length) throw new UsageError(`expected some of ${ROLES.join(',')} in --role, got "${text}"`)
  return roles
}

async function tellReady(file: string, ready: { readonly pid: number; readonly [fact: string]: unknown }): Promise<void> {
  const { writeReadyFile } = await import('#simulator')
  await writeReadyFile(file, ready)
}

/** Logs go to stderr: stdout is for what was asked for. */
function logger(name: string): Logger {
  const level = process.env.SLUICE_LOG ?? 'info'
  const levels = [...Object.keys(pino.levels.values), 'silent']
  if (!levels.includes(level)) throw new UsageError(`expected SLUICE_LOG as one of ${levels.join(', ')}, got "${level}"`)
  const destination = pino.destination({ dest: 2, sync: true, maxLength: LOG_WAITING_MAX })
  // A log that can not be written, as on a full disk, ends nothing: what waits goes out when there is room again.
  destination.on('error', () => {})
  return pino({ name, level }, destination)
}

/** Resolves when it shall stop. @throws the reason of `ended` where what runs here cannot go on by itself */
async function stopped(ended?: AbortSignal): Promise<void> {
  const { promise, resolve: end } = Promise.withResolvers<void>()
  for (const signal of ended ? [stop.signal, ended] : [stop.signal]) {
    if (signal.aborted) end()
    else signal.addEventListener('abort', () => end(), { once: true })
  }
  await promise
  if (!stop.signal.aborted) ended?.throwIfAborted()
}
