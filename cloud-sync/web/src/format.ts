/** Writes numbers, times and ages for people of one language in one zone. The only place where counts become numbers. */
export interface Format {
  /** A count of 10^-decimals as digits, with a true minus sign. */
  value(count: number, decimals: number): string
  /** The same with its unit, on one line. */
  measure(count: number, decimals: number, unit: string): string
  /** A number of things, in groups of three digits. */
  count(amount: number): string
  /** 0 to 1 as a whole percentage, rounded down, so that 100 % means all. */
  percent(part: number): string
  /** `3 sec. ago`; never in the future. */
  age(ms: number): string
  /** `12 min`, `2 hr 27 min`: how long something has lasted. */
  duration(ms: number): string
  /** `30 min`, `1 hr`, `24 hr`: the length of a window. */
  window(ms: number): string
  /** `14:35` */
  minute(at: number): string
  /** `14:35:10` */
  second(at: number): string
  /** `2026-07-01`, in the site's zone. */
  date(at: number): string
  /** `2026-07-01 14:35` */
  dateMinute(at: number): string
  /** `2026-07-01T14:35:10+08:00`, for files. */
  iso(at: number): string
  /** How far the zone's clocks are ahead of UTC at that instant, in ms. */
  offsetMs(at: number): number
  /** `China Standard Time`: the zone by name. */
  readonly zoneName: string
  /** `UTC+8` */
  readonly zoneOffset: string
}

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

/** A count of 10^-decimals as plain ASCII digits, exact: 3305 with two decimals is `33.05`. */
export function digits(count: number, decimals: number): string {
  const text = String(Math.abs(count)).padStart(decimals + 1, '0')
  const whole = text.slice(0, text.length - decimals)
  return `${count < 0 ? '-' : ''}${whole}${decimals > 0 ? `.${text.slice(-decimals)}` : ''}`
}

/** A count as a floating number: for drawing only. */
export const scaled = (count: number, decimals: number): number => count / 10 ** decimals

/** @param zone IANA name, such as `Asia/Shanghai` */
export function buildFormat(locale: string, zone: string): Format {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  })
  const at = (time: number) => Object.fromEntries(parts.formatToParts(time).map(({ type, value }) => [type, value]))
  const minute = (time: number) => (({ hour, minute }) => `${hour}:${minute}`)(at(time))
  const second = (time: number) => (({ hour, minute, second }) => `${hour}:${minute}:${second}`)(at(time))
  const date = (time: number) => (({ year, month, day }) => `${year}-${month}-${day}`)(at(time))
  const value = (count: number, decimals: number) => digits(count, decimals).replace('-', '−')
  const ago = new Intl.RelativeTimeFormat(locale, { style: 'short' })
  const counted = new Intl.NumberFormat(locale)
  const lasts = (unit: string, amount: number) =>
    new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' }).format(amount)

  return {
    value,
    measure: (count, decimals, unit) => `${value(count, decimals)}${unit && `\u00a0${unit}`}`,
    count: (amount) => counted.format(amount),
    percent: (part) => `${Math.floor(part * 100)}%`,
    age: (ms) => {
      const { unit, amount } = inUnits(ms)
      return ago.format(-amount, unit)
    },
    duration: (ms) => {
      const { unit, amount } = inUnits(ms)
      const rest = Math.max(0, ms)
      if (unit === 'hour' && rest < DAY_MS)
        return `${lasts('hour', amount)} ${lasts('minute', Math.floor((rest % HOUR_MS) / MINUTE_MS))}`
      if (unit === 'day') return `${lasts('day', amount)} ${lasts('hour', Math.floor((rest % DAY_MS) / HOUR_MS))}`
      return lasts(unit, amount)
    },
    window: (ms) => (ms % HOUR_MS === 0 ? lasts('hour', ms / HOUR_MS) : lasts('minute', ms / MINUTE_MS)),
    minute,
    second,
    date,
    dateMinute: (time) => `${date(time)} ${minute(time)}`,
    iso: (time) => `${date(time)}T${second(time)}${isoOffset(offsetMs(time, at(time)))}`,
    offsetMs: (time) => offsetMs(time, at(time)),
    zoneName: zonePart(locale, zone, 'long'),
    zoneOffset: zonePart('en', zone, 'shortOffset').replace('GMT', 'UTC'),
  }
}

/** The unit in which a person would say it: two of a unit are reached before it is used, so that 100 min is not "1 h". */
function inUnits(ms: number): { readonly unit: 'second' | 'minute' | 'hour' | 'day'; readonly amount: number } {
  const least = Math.max(0, ms)
  if (least < 2 * MINUTE_MS) return { unit: 'second', amount: Math.floor(least / SECOND_MS) }
  if (least < 2 * HOUR_MS) return { unit: 'minute', amount: Math.floor(least / MINUTE_MS) }
  if (least < 2 * DAY_MS) return { unit: 'hour', amount: Math.floor(least / HOUR_MS) }
  return { unit: 'day', amount: Math.floor(least / DAY_MS) }
}

function offsetMs(time: number, local: Partial<Record<string, string>>): number {
  const { year, month, day, hour, minute, second } = local
  const wall = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  return Math.round((wall - time) / MINUTE_MS) * MINUTE_MS
}

function isoOffset(ms: number): string {
  const two = (amount: number) => String(amount).padStart(2, '0')
  const minutes = Math.abs(ms) / MINUTE_MS
  return `${ms < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

function zonePart(locale: string, zone: string, timeZoneName: 'long' | 'shortOffset'): string {
  const parts = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName }).formatToParts(0)
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? zone
}
