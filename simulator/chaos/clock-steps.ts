import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openRecords } from '#cloud/store'
import type { ChaosCloud } from './chaos-cloud.ts'
import type { ChaosRun } from './chaos-row.ts'
import { drain, pause, prove, type SuiteOptions, unproven, until } from './suite.ts'

const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1'
const ROWS_PER_SECOND = 100
const SIZES = { short: { steps: 4, stepMs: 1500 }, full: { steps: 50, stepMs: 7000 } } as const
const LINK_MS = 35_000
const DRAIN_MS = 60_000
const HOUR_S = 3600
/** What the site's clock is off by, seconds; the last one is 1970. */
const offsets = () => [HOUR_S, -HOUR_S, 24 * HOUR_S, 0, -Math.floor(Date.now() / 1000)]

/**
 * T10: a site's clock that starts in 1970 and is then set an hour, a day and to 1970 at random while rows come. Machine time goes on, as on a
 * real machine. Every row must arrive once, with the time at which it was really taken, or flagged.
 */
export async function* clockStepsSuite(options: SuiteOptions, stop: AbortSignal): AsyncGenerator<ChaosRun, void, undefined> {
  if (!existsSync(FAKETIME)) {
    yield unproven('T10', `expected ${FAKETIME}: install the package faketime`)
    return
  }
  const { steps, stepMs } = SIZES[options.size]
  yield await prove('T10', options, stop, async (stage) => {
    const cloud = await stage.cloud()
    const file = join(stage.folder, 'faketime')
    const set = (seconds: number) => {
      writeFileSync(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`)
      // A half-written file would be another step.
      renameSync(`${file}.new`, file)
    }
    const site = stage.site({ gateways: ['g1'], broker: cloud.brokerUrl, rate: ROWS_PER_SECOND, isClocked: true })
    let off = offsets().at(-1) ?? 0
    set(off)
    await site.start({
      env: {
        LD_PRELOAD: FAKETIME,
        FAKETIME_TIMESTAMP_FILE: file,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        DONT_FAKE_MONOTONIC: '1',
      },
    })
    await until(() => site.isConnected, LINK_MS, stop)
    for (let step = 0; step < steps && !stop.aborted; step++) {
      await pause(stepMs * (0.5 + stage.random()), stop)
      const others = offsets().filter((one) => Math.abs(one - off) > 1000)
      off = others[Math.floor(stage.random() * others.length)] ?? 0
      set(off)
    }
    await pause(stepMs, stop)
    const { ms, troubles } = await drain(cloud, [site], DRAIN_MS, stop)
    const told = await toldSteps(cloud)
    if (told !== steps) troubles.push(`expected ${steps} steps to be told, got ${told}`)
    return { faults: steps + 1, notes: [`a start in 1970 and ${steps} steps; drained in ${ms} ms`], troubles }
  })
}

/** Steps of the clock that the gateway told. */
async function toldSteps({ files }: ChaosCloud): Promise<number> {
  await using records = await openRecords(files.records, { readonly: true })
  const rows = await records.db.selectFrom('event').select('id').where('kind', '=', 'clock.stepped').execute()
  return rows.length
}
