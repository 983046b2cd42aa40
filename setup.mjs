// Makes a fresh clone ready to run: packages, then pages, then (with --test-servers) the servers that the tests talk to.
// Plain JavaScript for Node 18 and later, because it runs before the project's own Node is there. Says what it does on stderr only.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = dirname(fileURLToPath(import.meta.url))
const NODE = join('node_modules', '.bin', 'node')
const STAMPS = join('node_modules', '.setup')
const HEARTBEAT_MS = 10_000
const IS_FOR_TESTS = process.argv.includes('--test-servers')

/** Debian packages that tests use, each with a file that it brings. */
const TEST_SERVERS = {
  chromium: '/usr/bin/chromium',
  e2fsprogs: '/usr/sbin/mkfs.ext4',
  faketime: '/usr/bin/faketime',
  'fonts-noto-cjk': '/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc',
  influxdb: '/usr/bin/influxd',
  iproute2: '/usr/sbin/ip',
  iptables: '/usr/sbin/iptables',
  mosquitto: '/usr/sbin/mosquitto',
  socat: '/usr/bin/socat',
  strace: '/usr/bin/strace',
}

/** What the pages are built from: their own folder, and the rooms that they may import. */
const PAGES = join('cloud-sync', 'web')
const PAGE_SOURCES = [PAGES, join('cloud-sync', 'wire'), 'devices', 'firmware-protocols']

class SetupError extends Error {}

async function main() {
  process.chdir(ROOT)
  if (Number(process.versions.node.split('.')[0]) < 18)
    throw new SetupError(`expected Node 18 or later, got ${process.versions.node}`)
  await installPackages()
  await buildPages()
  if (IS_FOR_TESTS) await installTestServers()
}

async function installPackages() {
  await onceFor('packages', hashOf(['package-lock.json'], [npmNodeMajor()]), async () => {
    say('installing npm packages into node_modules (about 600 MB; half a minute on a fast line)')
    // --no-save: the lock stays as it is. --include=dev: also where NODE_ENV says production, as the pinned Node is among them.
    // --loglevel=error: else npm warns of each package that the system's Node is too old for, which is what the pinned one is for.
    const [npm, ...first] = npmCommand()
    const code = await run('npm install', npm, [
      ...first,
      'install',
      '--no-save',
      '--include=dev',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ])
    if (code !== 0) {
      throw new SetupError(
        `npm install ended with ${code}; its own words stand above.\n` +
          'Look whether the package registry that npm uses can be reached (npm ping), then start again. If it goes on, remove node_modules first.',
      )
    }
    if ((await run('node', NODE, ['--version'])) !== 0) {
      throw new SetupError(
        `${NODE} does not run: npm left out the install script of the package "node".\n` +
          'Look at npm config get ignore-scripts (expected false), remove node_modules and start again.',
      )
    }
  })
}

async function buildPages() {
  if (!existsSync(join(PAGES, 'vite.config.ts'))) return say(`pages left out: ${join(PAGES, 'vite.config.ts')} is not there yet`)
  if (!existsSync(join(PAGES, 'dist', 'index.html'))) rmSync(join(STAMPS, 'pages'), { force: true })
  await onceFor('pages', hashOf(['package-lock.json', ...PAGE_SOURCES.flatMap(sourcesIn)]), async () => {
    say('building the web pages')
    const code = await run('vite build', NODE, [
      join('node_modules', 'vite', 'bin', 'vite.js'),
      'build',
      PAGES,
      '--logLevel',
      'warn',
    ])
    if (code !== 0) throw new SetupError(`vite build ${PAGES} ended with ${code}; its own words stand above.`)
  })
}

async function installTestServers() {
  const missing = () => Object.keys(TEST_SERVERS).filter((name) => !existsSync(TEST_SERVERS[name]))
  const names = missing()
  if (names.length === 0) return
  const install = ['install', '-y', '--no-install-recommends', ...names]
  if (!existsSync('/usr/bin/apt-get') || process.getuid?.() !== 0) {
    throw new SetupError(
      `the tests need what is not on this machine: ${names.join(', ')}. On Debian or Ubuntu run\n` +
        `  sudo apt-get update && sudo apt-get ${install.join(' ')}\n` +
        `Elsewhere the tests expect ${names.map((name) => TEST_SERVERS[name]).join(', ')}.`,
    )
  }
  say(`installing Debian packages for the tests: ${names.join(', ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [['update'], install]) {
    const code = await run(`apt-get ${args[0]}`, 'apt-get', ['-q', ...args], env)
    if (code !== 0) throw new SetupError(`apt-get ${args.join(' ')} ended with ${code}; its own words stand above.`)
  }
  const left = missing()
  if (left.length > 0)
    throw new SetupError(
      `apt-get installed ${left.join(', ')}, but ${left.map((name) => TEST_SERVERS[name]).join(', ')} is not there.`,
    )
}

/** Does the work unless it was done for the same hash; a run that breaks off leaves no stamp, so that the next one starts over. */
async function onceFor(name, hash, work) {
  const stamp = join(STAMPS, name)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  rmSync(stamp, { force: true })
  const startedMs = Date.now()
  await work()
  mkdirSync(STAMPS, { recursive: true })
  writeFileSync(stamp, hash)
  say(`${name} ready after ${seconds(startedMs)}`)
}

/** Runs a command with all that it prints on stderr; resolves to its exit code, or to the reason why it could not be started. */
function run(label, command, args, env = process.env) {
  const startedMs = Date.now()
  // npm draws its own progress on a terminal and nothing elsewhere.
  const heartbeat = setInterval(() => say(`${label}: ${seconds(startedMs)}`), HEARTBEAT_MS)
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', process.stderr, process.stderr], env })
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(code ?? signal))
  }).finally(() => clearInterval(heartbeat))
}

/** The npm that started us, with the Node it runs on; inside a script `node` and `npm` by name would already be another. */
function npmCommand() {
  const { npm_node_execpath: node, npm_execpath: cli } = process.env
  return node && cli?.endsWith('npm-cli.js') && existsSync(node) && existsSync(cli) ? [node, cli] : ['npm']
}

/** Major version of the Node that npm runs on, for which it picks packages: within npm it says so itself. */
function npmNodeMajor() {
  return /\bnode\/v(\d+)/.exec(process.env.npm_config_user_agent ?? '')?.[1] ?? process.versions.node.split('.')[0]
}

function sourcesIn(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return ['dist', 'node_modules', 'fixtures'].includes(entry.name) ? [] : sourcesIn(path)
      return entry.isFile() && !/\.test\.ts$/.test(entry.name) ? [path] : []
    })
    .sort()
}

function hashOf(files, words = []) {
  const hash = createHash('sha256').update(words.join('\n'))
  for (const file of files) hash.update(`\n${file}\n`).update(readFileSync(file))
  return hash.digest('hex')
}

function seconds(sinceMs) {
  return `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`
}

function say(text) {
  process.stderr.write(`setup: ${text}\n`)
}

main().catch((error) => {
  if (!(error instanceof SetupError)) throw error
  say(error.message)
  // The line that a test run ends with: none was run, and that is a failure.
  if (IS_FOR_TESTS) console.log('0 passed, 1 failed')
  process.exitCode = 1
})
