import type { Clock } from '#devices'
import { type Bus, openBus } from './bus.ts'
import { identify } from './identify.ts'
import { lineKey, parseLine } from './line-address.ts'
import { type FoundUnit, readRange, scan, scanMsMax, settingsOf, type TableRange } from './probe.ts'
import { describeMs, foundText, identityText, rangeText } from './probe-text.ts'
import { registerViews } from './register-views.ts'

/** What is found out of a line. */
export interface ProbeTask {
  readonly url: string
  readonly units: readonly number[]
  readonly timeoutMs: number
  /** Also other serial settings than those of the URL, until some unit answers. */
  readonly isEverySetting: boolean
  /** Reads these of one unit instead of scanning. */
  readonly ranges: readonly TableRange[]
  /** Asks one unit who it is, instead of scanning; after a scan, every unit found. */
  readonly isIdentified: boolean
  /** For programs: one JSON object a line. */
  readonly isJson: boolean
}

export interface ProbeSite {
  readonly clock: Clock
  /** What was found: a line of stdout. */
  readonly print: (line: string) => void
  /** How it goes: a line of stderr. */
  readonly tell: (line: string) => void
  readonly stop: AbortSignal
}

/** Progress is told each time that so much of a scan is done. */
const PROGRESS = 0.1

/** Does what is asked for and prints it; a stop ends it with what was found until then. @returns whether anything was found. @throws DriverError, ProtocolError */
export async function runProbe(task: ProbeTask, site: ProbeSite): Promise<boolean> {
  const log = { info: () => {}, warn: () => {} }
  await using bus = openBus({ clock: site.clock, log, random: () => 0 })
  const isScan = task.ranges.length === 0 && !task.isIdentified
  return isScan || task.units.length > 1
    ? await scanned(bus, task, site)
    : await asked(bus, lineKey(parseLine(task.url)), task, site)
}

async function scanned(bus: Bus, task: ProbeTask, { print, tell, stop, clock }: ProbeSite): Promise<boolean> {
  const { units, timeoutMs, isEverySetting, isJson, ranges } = task
  const lines = isEverySetting ? settingsOf(task.url) : [lineKey(parseLine(task.url))]
  const [question] = ranges
  const options = { units, timeoutMs, ...(question && { question }) }
  const settings = lines.length > 1 ? ` at ${lines.length} settings` : ''
  const most = describeMs(scanMsMax(lines, options))
  tell(
    `${units.length} units${settings}, ${timeoutMs} ms each: at most ${most}; units that answer make it shorter. Ctrl-C ends it.`,
  )
  const found: FoundUnit[] = []
  const startedAt = clock.mono()
  let told = PROGRESS
  let done = 0
  for await (const step of scan(bus, lines, options, stop)) {
    done = step.asked / step.of
    if (step.found) {
      found.push(step.found)
      print(isJson ? JSON.stringify(step.found) : foundText(step.found))
    }
    if (done >= told && done < 1) {
      const left = describeMs(((clock.mono() - startedAt) / done) * (1 - done))
      tell(`${Math.floor(done * 100)} % asked, ${found.length} found; about ${left} left`)
      told = done + PROGRESS
    }
    // The settings are those of the line: the other ones are no longer of interest, once these were asked for every unit.
    if (found.length > 0 && step.asked % units.length === 0) break
  }
  tell(`${stop.aborted ? 'Stopped: ' : ''}${Math.floor(done * 100)} % asked, ${found.length} found.`)
  if (task.isIdentified)
    for (const { unit, line, answer } of found) {
      if (stop.aborted || answer === 'damaged') continue
      await asked(bus, line, { ...task, units: [unit], ranges: [] }, { print, tell, stop, clock })
    }
  return found.length > 0
}

/** One unit, which is known. */
async function asked(bus: Bus, url: string, task: ProbeTask, { print, stop }: ProbeSite): Promise<boolean> {
  const { units, timeoutMs, ranges, isIdentified, isJson } = task
  const [unit = 1] = units
  await using lease = bus.lease(url)
  if (isIdentified) {
    const identity = await identify(lease.line, unit, timeoutMs, stop)
    print(isJson ? JSON.stringify({ unit, ...identity }) : `unit ${unit}\n${identityText(identity)}`)
    if (ranges.length === 0) return identity.server !== null || identity.objects !== null
  }
  for (const range of ranges) {
    const words = await readRange(lease.line, unit, range, timeoutMs, stop)
    const isBits = range.table === 'coil' || range.table === 'discrete'
    const views = registerViews(range.address, isBits ? [] : words)
    print(isJson ? JSON.stringify({ unit, ...range, words, ...views }) : rangeText(unit, range, words, views))
  }
  return true
}
