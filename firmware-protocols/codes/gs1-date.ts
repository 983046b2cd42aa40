import { malformed } from './text.ts'

/** A day that a GS1 code says. */
export interface Gs1Date {
  /** `2027-02-28`. */
  readonly date: string
  /** Day 00 stands for the last day of its month. */
  readonly isMonthOnly: boolean
}

/** Whether the text is YYMMDD: a month, and a day that it has in at least one century; or day 00. */
export function isGs1Day(text: string): boolean {
  const { year, month, day } = partsOf(text)
  return text.length === 6 && month >= 1 && month <= 12 && day <= daysIn(2000 + year, month)
}

/**
 * The date that YYMMDD stands for. Two digits of a year mean the century that is nearest: 51 or more years ahead is the last one, 50 or more
 * behind the next one (GS1 General Specifications, 7.12).
 * @param year that it is now, four digits
 * @throws ProtocolError `malformed`
 */
export function gs1Date(text: string, year: number): Gs1Date {
  if (!/^\d{6}$/.test(text) || !isGs1Day(text)) return malformed(`a date YYMMDD, got ${text}`, text)
  const parts = partsOf(text)
  const ahead = parts.year - (year % 100)
  const century = Math.floor(year / 100) + (ahead >= 51 ? -1 : ahead <= -50 ? 1 : 0)
  const isMonthOnly = parts.day === 0
  const full = century * 100 + parts.year
  const day = isMonthOnly ? daysIn(full, parts.month) : parts.day
  return { date: [full, two(parts.month), two(day)].join('-'), isMonthOnly }
}

function partsOf(text: string): { year: number; month: number; day: number } {
  return { year: Number(text.slice(0, 2)), month: Number(text.slice(2, 4)), day: Number(text.slice(4, 6)) }
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
