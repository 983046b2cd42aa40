import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SluiceProcess } from '#simulator/e2e'
import type { ChaosRun } from './chaos-row.ts'
import { lackOf } from './feature.ts'
import { type SuiteOptions, unproven } from './suite.ts'

const EXIT_USAGE = 2
const SITE = `gateway: g1
broker: mqtt://127.0.0.1:1
console: { port: 0 }
stations:
  - { id: S1, name: { zh: 林溪站, en: Linxi } }
devices:
  - id: S1-R
    station: S1
    profile: rain-gauge/acme-rg-1
    line: tcp://127.0.0.1:1
`
const CLOUD = `data: ./cloud
broker: { port: 0 }
http: { port: 0 }
zone: Asia/Shanghai
`

/** Faults that people make: what stands in a whole file, and what they wrote instead. */
const WRONG: Readonly<Record<'gateway' | 'cloud', readonly (readonly [whole: string, wrong: string])[]>> = {
  gateway: [
    ['gateway: g1', 'gatway: g1'],
    ['gateway: g1', 'gateway: ../g1'],
    ['mqtt://127.0.0.1:1', 'http://127.0.0.1:1'],
    ['{ port: 0 }', '{ port: 70000 }'],
    ['{ id: S1,', '{ id: S2,'],
    ['  - id: S1-R', '  - id: S1-R\n    id: S1-R'],
    ['rain-gauge/acme-rg-1', 'rain-gauge/acme-rg-9'],
    ['tcp://127.0.0.1:1\n', 'tcp:/127.0.0.1\n'],
    ['    line: tcp', '   line: tcp'],
    ['stations:', 'stations: ['],
  ],
  cloud: [
    ['data: ./cloud', 'dat: ./cloud'],
    ['data: ./cloud', "data: ''"],
    ['broker: { port: 0 }', 'broker: { port: many }'],
    ['broker: { port: 0 }', 'broker: { url: 127.0.0.1 }'],
    ['http: { port: 0 }', 'http: { port: -1 }'],
    ['http: { port: 0 }', 'http: { port: 0 '],
    ['Asia/Shanghai', 'Asia/Shangri-La'],
    ['zone:', 'series: { kind: influx }\nzone:'],
    ['zone:', 'rules: [{ id: level }]\nzone:'],
    ['zone:', 'name: 5\nzone:'],
  ],
}
const COUNT = { short: 2, full: 10 }
const RUN_MS = 60_000

/**
 * T28, configuration: files that are wrong are refused before any port is opened, with exit code 2, file, line and what was expected; a gateway
 * that runs already with the file as it was goes on. Rows of the table are files.
 */
export async function* badConfigurationSuite(
  options: SuiteOptions,
  stop: AbortSignal,
): AsyncGenerator<ChaosRun, void, undefined> {
  const lack = lackOf('strace')
  if (lack !== null) {
    yield unproven('T28-files', lack)
    return
  }
  const { cli, size } = options
  const folder = mkdtempSync(join(tmpdir(), 'sluice-chaos-T28-'))
  await using parts = new AsyncDisposableStack()
  parts.defer(() => rmSync(folder, { recursive: true }))
  const file = { gateway: join(folder, 'gateway.yaml'), cloud: join(folder, 'cloud.yaml') }
  writeFileSync(file.gateway, SITE)
  const running = parts.use(new SluiceProcess('running', { cli, folder, args: ['gateway', '--config', file.gateway] }))
  const { console: url } = await running.start<{ console: string }>(stop)
  const { pid } = running
  const faults: string[] = []
  let looked = 0
  for (const role of ['gateway', 'cloud'] as const) {
    for (const [whole, wrong] of WRONG[role].slice(0, COUNT[size])) {
      if (stop.aborted) break
      const text = { gateway: SITE, cloud: CLOUD }[role].replace(whole, wrong)
      writeFileSync(file[role], text)
      looked += 1
      const fault = refusalFault(cli, role, file[role])
      if (fault !== null) faults.push(`${role}.yaml with "${wrong.trim()}": ${fault}`)
    }
  }
  const health = await fetch(`${url}/health`).then(({ status }) => status, String)
  const isUntouched = running.pid === pid && health === 200
  const troubles = isUntouched ? [] : [`expected the gateway that ran to go on, its health is ${health}`]
  const wrong = faults.length
  const pass = wrong === 0 && isUntouched && !stop.aborted
  const note = 'a rollback belongs to configuration that comes from afar, which is not there yet'
  yield {
    row: { id: 'T28-files', faults: looked, issued: looked, stored: looked - wrong, lost: 0, duplicate: 0, wrong, pass },
    notes: [note, ...faults, ...troubles],
  }
}

/** @returns how the refusal of a file is not what it should be, or null */
function refusalFault(cli: string, role: 'gateway' | 'cloud', file: string): string | null {
  const trace = `${file}.strace`
  const started = [process.execPath, ...process.execArgv, cli, role, '--config', file]
  const run = spawnSync('strace', ['-f', '--seccomp-bpf', '-qq', '-o', trace, '-e', 'trace=bind,listen', ...started], {
    encoding: 'utf8',
    timeout: RUN_MS,
  })
  const opened = readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => /AF_INET|listen\(/.test(line))
  if (opened.length > 0) return `expected no port to be opened, got ${opened[0]}`
  return wordsFault(run, file)
}

function wordsFault({ status, stderr }: SpawnSyncReturns<string>, file: string): string | null {
  if (status !== EXIT_USAGE) return `expected exit code ${EXIT_USAGE}, got ${status}: ${stderr.trim()}`
  // Where a file is no YAML at all, what is wrong is said in the words of the YAML parser.
  const says = stderr.trim()
  return says.startsWith(`${file}:`) && /:\d+:\d+[: ].{10}/.test(says)
    ? null
    : `expected file, line and what was expected, got: ${says}`
}
