import type { DeviceTime, DueTime, LineTime } from '#drivers'
import type { SiteLine } from './site-lines.ts'

/** Devices of one model that are named one by one. */
const NAMED_MAX = 3
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const

/** How busy a line will be, in words: a line of text for the whole, and one for what each model asks of it, with the arithmetic. */
export function busReport({ time }: SiteLine): string[] {
  if (time.devices.length === 0) return []
  const { typical, worst, costliest, requestsPerSecond } = time
  const silent = costliest ? `, ${percent(worst)} in the rounds after ${costliest.id} fell silent` : ''
  const byModel = Map.groupBy(time.devices, ({ device }) => device.profile.name)
  return [
    `bus time: ${percent(typical)} typically, ${digits(requestsPerSecond)} requests a second${silent}`,
    ...[...byModel.values()].flatMap((alike) => arithmetic(alike, time).map((text) => `  ${text}`)),
  ]
}

/** Why a line can not do what is asked of it, with the arithmetic; undefined where it can. */
export function busRefusal(line: SiteLine): string | undefined {
  const { time, words } = line
  const late = time.devices.filter(({ roundMs, everyMs }) => roundMs > everyMs)
  const reasons = [
    ...(time.typical > 1 ? [`${words}: expected at most 100 % of its time to be asked for, got ${percent(time.typical)}`] : []),
    ...late.map(
      ({ device, roundMs, everyMs }) =>
        `${words}: expected ${device.id} to be read within its ${duration(everyMs)}, got ${digits(roundMs)} ms with the time in which it wakes up`,
    ),
  ]
  if (reasons.length === 0) return undefined
  return [
    ...reasons,
    ...busReport(line).map((text) => `  ${text}`),
    '  Poll less often, ask for less, or use another line.',
  ].join('\n')
}

/** What devices of one model ask of their line, a text for each interval. */
function arithmetic(alike: readonly DeviceTime[], time: LineTime): string[] {
  const ids = alike.map(({ device }) => device.id)
  const who = ids.length > NAMED_MAX ? `${ids.slice(0, NAMED_MAX).join(', ')} and ${ids.length - NAMED_MAX} more` : ids.join(', ')
  const each = ids.length > 1 ? ' each' : ''
  return (alike[0]?.due ?? []).map((due) => {
    const share = percent((due.ms / due.everyMs) * alike.length)
    return `${who}: ${counted(due)} every ${duration(due.everyMs)}: ${sum(due, time)} = ${digits(due.ms)} ms${each}, ${share}`
  })
}

function counted({ what, exchanges }: DueTime): string {
  if (what === 'wakes') return 'a wake'
  return exchanges === 1 ? '1 read' : `${exchanges} reads`
}

function sum({ exchanges, requestBytes, answerBytes }: DueTime, { timing, latencyMs }: LineTime): string {
  const waits = `${exchanges} × ${latencyMs} ms for the answer`
  if (timing.byteMs === 0) return waits
  const bytes = `(${requestBytes} + ${answerBytes} bytes) × ${digits(timing.byteMs)} ms`
  return `${bytes} + ${exchanges * 2} gaps × ${digits(timing.gapMs)} ms + ${waits}`
}

/** Three digits that count. */
function digits(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))
}

function percent(share: number): string {
  return share > 0 && share < 0.0005 ? 'under 0.1 %' : `${(share * 100).toFixed(1)} %`
}

/** As in the files: `60s`. */
function duration(ms: number): string {
  const [unit, unitMs] = UNITS.find(([, each]) => ms % each === 0 && ms / each >= 1) ?? ['ms', 1]
  return `${ms / unitMs}${unit}`
}
