import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '#simulator'
import type { ChaosRun } from './chaos-row.ts'
import { lackOf } from './feature.ts'
import { LoopDisk } from './loop-disk.ts'
import { REPLACED, Replacer } from './replacer.ts'
import { pause, type SuiteOptions, unproven, until } from './suite.ts'

/** Killed at the n-th call on a file, and cut off from power at any moment. */
const KILLS = { short: [3, 5, 7], full: Array.from({ length: 50 }, (_, index) => index + 1) }
const CUTS = { short: 3, full: 50 }
const CALLS = 'openat,write,pwrite64,fsync,close,rename'
const REACH_MS = 30_000
const UP_MS = [20, 300] as const
const IMAGE_BYTES = 16 * 1024 * 1024
const TOGETHER = 3

/** What was found, file by file, after all cuts. */
interface Tally {
  looked: number
  readonly faults: string[]
  /** Careless files that were unreadable or older than what was done: the control. */
  careless: number
}

/**
 * T28, small files: a process that replaces its mark, its ready file and, as a control, a file carelessly is killed at every system call on
 * them, and cut off from power; each file must then be the old one or the new one. Rows of the table are files looked at.
 */
export async function* replaceFilesSuite(options: SuiteOptions, stop: AbortSignal): AsyncGenerator<ChaosRun, void, undefined> {
  const lack = lackOf('strace') ?? lackOf('mount') ?? lackOf('ext4')
  if (lack !== null) {
    yield unproven('T28-cuts', lack)
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'sluice-chaos-T28-'))
  await using parts = new AsyncDisposableStack()
  parts.defer(() => rmSync(folder, { recursive: true }))
  const killed = await killAll(folder, options, stop)
  const disk = parts.use(LoopDisk.open(join(folder, 'power'), IMAGE_BYTES))
  const cut = await cutAll(disk, options, stop)
  const faults = [...killed.faults, ...cut.faults]
  if (cut.careless === 0) faults.push('expected a careless writer to lose something when the power goes, it lost nothing')
  const looked = killed.looked + cut.looked
  const wrong = killed.faults.length + cut.faults.length
  const row = { id: 'T28-cuts', faults: KILLS[options.size].length + CUTS[options.size], issued: looked, stored: looked - wrong }
  const control = `of ${CUTS[options.size]} careless files ${cut.careless} were lost with the power`
  yield { row: { ...row, lost: 0, duplicate: 0, wrong, pass: faults.length === 0 && !stop.aborted }, notes: [control, ...faults] }
}

/** Each file of the road twice: at the n-th call on the mark and at the n-th on the ready file. */
async function killAll(folder: string, { size }: SuiteOptions, stop: AbortSignal): Promise<Tally> {
  const tally: Tally = { looked: 0, faults: [], careless: 0 }
  const points = [...KILLS[size]]
  const worker = async () => {
    for (let n = points.shift(); n !== undefined && !stop.aborted; n = points.shift()) {
      const place = join(folder, `kill-${n}`)
      mkdirSync(place)
      const name = n % 2 === 0 ? 'ready' : 'mark'
      const paths = ['', '.part', '.1.tmp'].flatMap((end) => ['-P', join(place, REPLACED[name] + end)])
      const inject = ['-e', `trace=${CALLS}`, '-e', `inject=${CALLS}:signal=KILL:when=${n}`]
      await using replacer = new Replacer(place, ['strace', '-f', '-qq', '-o', '/dev/null', ...paths, ...inject])
      if (!(await until(() => !replacer.isRunning, REACH_MS, stop))) tally.faults.push(`call ${n} on the ${name} did not come`)
      await replacer[Symbol.asyncDispose]()
      look(replacer, tally, true, `killed at call ${n} on the ${name}`)
    }
  }
  await Promise.all(Array.from({ length: TOGETHER }, worker))
  return tally
}

async function cutAll(disk: LoopDisk, { size, seed }: SuiteOptions, stop: AbortSignal): Promise<Tally> {
  const tally: Tally = { looked: 0, faults: [], careless: 0 }
  const random = seededRandom(seed)
  for (let cut = 1; cut <= CUTS[size] && !stop.aborted; cut++) {
    for (const name of Object.values(REPLACED)) rmSync(join(disk.folder, name), { force: true })
    const replacer = new Replacer(disk.folder)
    await until(() => replacer.done > 0 || !replacer.isRunning, REACH_MS, stop)
    await pause(UP_MS[0] + (UP_MS[1] - UP_MS[0]) * random(), stop)
    replacer.freeze()
    disk.keep()
    await replacer[Symbol.asyncDispose]()
    disk.restore()
    // A ready file is of use while its process runs: it need not be there after the power has gone.
    look(replacer, tally, false, `cut ${cut}`)
  }
  return tally
}

function look(replacer: Replacer, tally: Tally, isReadyDurable: boolean, when: string): void {
  for (const name of ['mark', 'ready'] as const) {
    tally.looked += 1
    const fault = replacer.faultOf(name, name === 'mark' || isReadyDurable)
    if (fault !== null) tally.faults.push(`${when}: ${fault}`)
  }
  if (replacer.faultOf('careless') !== null) tally.careless += 1
}
