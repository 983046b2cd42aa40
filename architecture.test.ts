import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import packageJson from './package.json' with { type: 'json' }
import { faultsOf, type House, heldTestsOf, type Room } from './scripts/index.ts'

const ROOT = fileURLToPath(new URL('./', import.meta.url))

const PROTOCOLS = 'firmware-protocols'
const CODES = [`${PROTOCOLS}/codes`, `${PROTOCOLS}/error`]
const RECEIPTS = `${PROTOCOLS}/receipts`
const WIRE = 'cloud-sync/wire'
/** One MQTT connection as both ends use it: not the contract, and no reason for one end to enter the other. */
const MQTT = 'cloud-sync/mqtt'
const UI = 'cloud-sync/web/ui'
const cloud = (...names: string[]): string[] => names.map((name) => `cloud-sync/${name}`)
/** What every room of the cloud may enter. */
const CLOUD_GROUND = ['devices', WIRE, MQTT, ...CODES]
const RECORDS = cloud('hydrology', 'trace', 'hall', 'fleet')

/** Who may enter whom; the arrows run only downwards. A folder that is not here is refused: give it a row, and a reason, first. */
const ROOMS: readonly Room[] = [
  { folder: PROTOCOLS, may: [], builtins: ['node:assert', 'node:buffer', 'node:crypto', 'node:util', 'node:zlib'] },
  { folder: 'devices', may: [PROTOCOLS] },
  { folder: 'drivers', may: ['devices', PROTOCOLS] },
  { folder: WIRE, may: ['devices'] },
  { folder: MQTT, may: [WIRE] },
  { folder: 'cloud-sync/uplink', may: ['devices', WIRE, MQTT] },
  { folder: UI, may: [] },
  { folder: 'gateway', may: ['drivers', 'devices', WIRE, 'cloud-sync/uplink', UI, RECEIPTS, ...CODES] },

  { folder: 'cloud-sync/broker', may: CLOUD_GROUND },
  { folder: 'cloud-sync/store', may: CLOUD_GROUND },
  ...RECORDS.map((folder) => ({ folder, may: [...CLOUD_GROUND, ...cloud('store')] })),
  { folder: 'cloud-sync/alerts', may: [...CLOUD_GROUND, ...cloud('store'), ...RECORDS] },
  { folder: 'cloud-sync/ingest', may: [...CLOUD_GROUND, ...cloud('store', 'alerts'), ...RECORDS] },
  { folder: 'cloud-sync/api', may: [...CLOUD_GROUND, ...cloud('store', 'alerts'), ...RECORDS] },
  { folder: 'cloud-sync/web', may: [...CLOUD_GROUND, UI] },
  // The composition of the cloud: `cloud.ts` and the door.
  {
    folder: 'cloud-sync',
    isShallow: true,
    may: [...CLOUD_GROUND, ...cloud('broker', 'store', 'alerts', 'ingest', 'api', 'web'), ...RECORDS],
  },

  { folder: 'simulator', may: ['devices', PROTOCOLS] },
  { folder: 'docker', may: [] },
  { folder: 'scripts', may: [PROTOCOLS] },
  { folder: '.', isShallow: true, may: [] },
]
/** Whole sites in processes, and the account of them: the other proofs are runs of the same sites under load and under faults. */
const SITES = 'simulator/e2e'
const PROOFS = [SITES, ...['bench', 'chaos', 'score'].map((name) => `simulator/${name}`)]
const everyRoom = ROOMS.map((room) => room.folder).filter((folder) => !['.', 'docker', 'scripts'].includes(folder))

const house: House = {
  rooms: [
    ...ROOMS,
    ...PROOFS.map((folder) => ({ folder, may: folder === SITES ? everyRoom : [...everyRoom, SITES] })),
    { folder: 'cli-arguments.ts', may: ['devices'] },
    { folder: 'cli-codecs.ts', may: [PROTOCOLS, 'cli-arguments.ts'] },
    { folder: 'cli-devices.ts', may: ['devices', 'cli-arguments.ts'] },
    { folder: 'cli.ts', may: [...everyRoom, ...PROOFS, 'cli-arguments.ts', 'cli-codecs.ts', 'cli-devices.ts'] },
  ],
  aliases: packageJson.imports,
  // A benchmark measures it bare, beside what is built on it; a simulated disk is one in memory.
  packages: {
    'better-sqlite3': ['gateway/journal', 'cloud-sync/store', 'cloud-sync/ingest', 'simulator/bench', 'simulator/chaos'],
  },
  endings: ['.ts', '.vue', '.css', '.json'],
}

/** Paths from the root of all files that are in the repository or about to be. */
function repositoryFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  return listed.split('\0').filter((path) => path !== '' && existsSync(ROOT + path))
}

function readAll(paths: readonly string[]): Map<string, string> {
  return new Map(paths.map((path) => [path, readFileSync(ROOT + path, 'utf8')]))
}

describe('the repository', () => {
  const files = readAll(repositoryFiles())
  const sources = new Map([...files].filter(([path]) => /\.(?:m?ts|vue)$/.test(path)))

  test('imports only downwards, through doors, and every file has a room', () => {
    expect(faultsOf(house, sources)).toEqual([])
  })

  test('holds back no test with only, skip or todo', () => {
    const held = [...sources]
      .filter(([path]) => path.endsWith('.test.ts'))
      .flatMap(([path, text]) => heldTestsOf(path, text).map((name) => `${path}: ${name}`))
    expect(held).toEqual([])
  })

  test('names no path of the machine that built it', () => {
    const path = /(?<![\w.~-])\/(?:w[o]rk|f[a]rm|r[o]ot|h[o]me|U[s]ers)\/[\w.-]+/
    const named = [...files].flatMap(([file, text]) => (path.test(text) ? [`${file}: ${path.exec(text)?.[0]}`] : []))
    expect(named).toEqual([])
  })

  test('names no package registry in its lock or its npm settings', () => {
    for (const file of ['package-lock.json', '.npmrc']) expect(files.get(file)).not.toMatch(/"resolved": "https?:|registry\s*=/)
  })
})

describe('the judge of imports', () => {
  /** The faults when `file` holds `text` in a small house that has the doors named. */
  const judge = (file: string, text: string): string[] => {
    const doors = [
      'drivers/index.ts',
      'gateway/index.ts',
      'gateway/journal/index.ts',
      'cloud-sync/index.ts',
      'cloud-sync/store/index.ts',
    ]
    return faultsOf(house, new Map([...doors.map((door): [string, string] => [door, '']), [file, text]]))
  }

  test.each([
    ['a static import', "import { x } from '#gateway'"],
    ['a type', "import type { X } from '#gateway'"],
    ['an export', "export * from '#gateway'"],
    ['a dynamic import', "const load = () => import('#gateway')"],
    ['a relative path', "import { x } from '../gateway/index.ts'"],
    ['a type query', "let x: typeof import('#gateway')"],
    ['a worker', "new Worker(new URL('../gateway/index.ts', import.meta.url))"],
  ])('sees a room entered against the table by %s', (_, text) => {
    expect(judge('drivers/modbus.ts', text)).toEqual([
      expect.stringMatching(/^drivers\/modbus\.ts imports ".*gateway.*": drivers may not enter gateway$/),
    ])
  })

  test.each([
    ['cloud-sync/api/routes.ts', '#gateway', 'cloud-sync/api may not enter gateway'],
    ['cloud-sync/cloud.ts', '#gateway', 'cloud-sync may not enter gateway'],
    ['gateway/gateway.ts', '#cloud', 'gateway may not enter cloud-sync'],
    ['gateway/gateway.ts', '#cloud/store', 'gateway may not enter cloud-sync/store'],
    ['gateway/gateway.ts', '#protocols/sl651', 'gateway may not enter firmware-protocols'],
    ['cloud-sync/cloud.ts', '#uplink', 'cloud-sync may not enter cloud-sync/uplink'],
    ['cloud-sync/store/series.ts', '#cloud/alerts', 'cloud-sync/store may not enter cloud-sync/alerts'],
    ['cloud-sync/alerts/judge.ts', '#cloud/ingest', 'cloud-sync/alerts may not enter cloud-sync/ingest'],
    ['cloud-sync/trace/chain.ts', '#cloud/hall', 'cloud-sync/trace may not enter cloud-sync/hall'],
    ['cloud-sync/web/ui/button.ts', '#devices', 'cloud-sync/web/ui may not enter devices'],
    ['simulator/storm.ts', '#drivers', 'simulator may not enter drivers'],
    ['simulator/storm.ts', '#simulator/chaos', 'simulator may not enter simulator/chaos'],
    ['gateway/gateway.ts', '#simulator/bench', 'gateway may not enter simulator/bench'],
    ['simulator/e2e/city.ts', '#simulator/chaos', 'simulator/e2e may not enter simulator/chaos'],
    ['simulator/bench/road.ts', '#simulator/chaos', 'simulator/bench may not enter simulator/chaos'],
    ['firmware-protocols/modbus/rtu.ts', '#devices', 'firmware-protocols may not enter devices'],
  ])('refuses %s the room %s', (file, specifier, why) => {
    expect(judge(file, `import '${specifier}'`)).toEqual([`${file} imports "${specifier}": ${why}`])
  })

  test.each([
    ['gateway/gateway.ts', '../drivers/modbus.ts', 'drivers'],
    ['gateway/gateway.ts', './journal/lane.ts', 'gateway/journal'],
    ['gateway/gateway.test.ts', '../drivers/modbus.ts', 'drivers'],
    ['cloud-sync/api/routes.ts', '../store/sqlite/index.ts', 'cloud-sync/store'],
    ['cloud-sync/api/routes.ts', '#cloud/store/sqlite', 'cloud-sync/store'],
    ['drivers/modbus.ts', '../devices/reading.ts', 'devices'],
  ])('refuses %s the back window %s', (file, specifier, room) => {
    expect(judge(file, `import '${specifier}'`)).toEqual([
      expect.stringContaining(`${file} imports "${specifier}": expected ${room} to be entered by its index.ts, got`),
    ])
  })

  test('reads the script of a page', () => {
    const page = `<template><p>import '#cloud/store'</p></template>\n<script setup lang="ts">\nimport { rows } from '#cloud/store'\n</script>`
    expect(judge('cloud-sync/web/src/map.vue', page)).toEqual([
      'cloud-sync/web/src/map.vue imports "#cloud/store": cloud-sync/web may not enter cloud-sync/store',
    ])
  })

  test('refuses I/O in a codec and SQLite outside its rooms, but not in their tests', () => {
    expect(judge('firmware-protocols/sl651/frame.ts', "import { readFileSync } from 'node:fs'")).toHaveLength(1)
    expect(judge('firmware-protocols/sl651/frame.ts', "import net from 'net'")).toHaveLength(1)
    expect(judge('firmware-protocols/sl651/frame.test.ts', "import { readFileSync } from 'node:fs'")).toEqual([])
    expect(judge('cloud-sync/api/people.ts', "import Database from 'better-sqlite3'")).toEqual([
      'cloud-sync/api/people.ts imports "better-sqlite3": only gateway/journal, cloud-sync/store, cloud-sync/ingest, simulator/bench, simulator/chaos may import better-sqlite3',
    ])
    expect(judge('gateway/journal/file.ts', "import Database from 'better-sqlite3'")).toEqual([])
  })

  test('refuses what it cannot follow or place', () => {
    expect(judge('drivers/open.ts', 'await import(name)')).toEqual([
      'drivers/open.ts imports a computed name: expected a literal name, which can be followed',
    ])
    expect(judge('drivers/open.ts', "import './modbus'")).toEqual([
      expect.stringContaining('expected a relative import to end in .ts'),
    ])
    expect(judge('drivers/open.ts', "import '#nowhere'")).toEqual([expect.stringContaining('no such alias')])
    expect(judge('helpers/open.ts', '')).toEqual([expect.stringContaining('helpers/open.ts stands in no room')])
    expect(judge('cloud-sync/helpers/open.ts', '')).toEqual([
      expect.stringContaining('cloud-sync/helpers/open.ts stands in no room'),
    ])
  })

  test.each([
    ['cli.ts', '#simulator/chaos'],
    ['cli.ts', '#gateway'],
    ['simulator/e2e/city.ts', '#cloud'],
    ['simulator/chaos/kill.ts', '#simulator/e2e'],
    ['simulator/e2e/city.ts', '#gateway/journal'],
    ['gateway/gateway.ts', './journal/index.ts'],
    ['gateway/console/page.ts', '../../cloud-sync/web/ui/tokens.css'],
    ['cloud-sync/cloud.ts', './store/index.ts'],
    ['cloud-sync/ingest/writer.ts', '#cloud/alerts'],
    ['devices/water/rain.ts', '#protocols/modbus'],
    ['drivers/line.test.ts', '#simulator'],
    ['cli.test.ts', './cli.ts'],
  ])('lets %s have %s', (file, specifier) => {
    expect(judge(file, `import '${specifier}'`)).toEqual([])
  })

  test('takes no comment and no string for an import', () => {
    expect(judge('drivers/modbus.ts', "// import '#gateway'\nconst text = `import '#gateway'`")).toEqual([])
  })

  test('sees tests that are held back, and only those', () => {
    const text =
      "test.skip('a', run)\ndescribe.each([1]).only('b', run)\nconst name = 'test.only'\nrow.skip(1)\ntest.skipIf(isWindows)('c', run)"
    expect(heldTestsOf('a.test.ts', text)).toEqual(['test.skip', 'describe.each([1]).only'])
  })
})
