import { ProtocolError } from '#protocols/error'
import { bytesOfCode, malformed } from './text.ts'
import { TRACE_LAYOUTS, type TraceLayout, traceCheck, traceLength } from './trace-layout.ts'

/** The longest text that is taken for a trace code. */
export const TRACE_CODE_LENGTH_MAX = 64

/** One way to read a trace code. */
export interface TraceReading {
  readonly layout: string
  /** Digits by the layout's names; text, for the zeros in front belong to them. */
  readonly fields: Readonly<Record<string, string>>
  /** The check digits, where the layout has them; they hold. */
  readonly check?: string
  readonly isConfirmed: boolean
}

/** A trace code: kept whole, whatever is known of its layout. */
export interface TraceCode {
  readonly text: string
  readonly length: number
  /** The one layout that it fits; null where it fits none or several. */
  readonly layout: string | null
  /** Of that layout. */
  readonly fields?: Readonly<Record<string, string>>
  /** Every layout that it fits. */
  readonly readings: readonly TraceReading[]
}

/**
 * Reads a trace code by the layouts that the caller expects. A text that fits none is kept whole, letters too. A layout with check digits beside
 * one of the same length without catches no error of reading: give a table in which a length has one layout.
 * @throws ProtocolError `truncated` (empty), `malformed` (beyond `TRACE_CODE_LENGTH_MAX`, or with other than visible ASCII characters),
 * `checksum` (all layouts of its length have check digits, and none hold)
 */
export function readTraceCode(text: string, layouts: readonly TraceLayout[] = TRACE_LAYOUTS): TraceCode {
  if (text === '') throw new ProtocolError('truncated', 'expected a trace code, got nothing', new Uint8Array())
  if (text.length > TRACE_CODE_LENGTH_MAX || !/^[!-~]+$/.test(text))
    malformed(`1 to ${TRACE_CODE_LENGTH_MAX} visible characters, got ${JSON.stringify(text)}`, text)
  const fitting = /^\d+$/.test(text)
    ? layouts.filter((layout) => traceLength(layout) === text.length && hasStart(layout, text))
    : []
  const readings = fitting.filter((layout) => holds(layout, text)).map((layout) => readingOf(layout, text))
  if (fitting.length > 0 && readings.length === 0)
    throw new ProtocolError('checksum', `expected the check digits of ${fitting.map(({ name }) => name)}`, bytesOfCode(text))
  const [first] = readings
  const only = readings.length === 1 ? first : undefined
  return { text, length: text.length, layout: only?.layout ?? null, ...(only && { fields: only.fields }), readings }
}

/**
 * Builds a trace code.
 * @param fields every field of the layout: digits of its very length, or a number, which is filled with zeros
 * @throws ProtocolError `malformed` for a field that is missing or does not fit
 */
export function buildTraceCode(layout: TraceLayout, fields: Readonly<Record<string, string | number>>): string {
  const digits = layout.fields.map(({ name, digits: length }) => fieldText(name, length, fields[name])).join('')
  if (!hasStart(layout, digits)) malformed(`${layout.startsWith} in front of ${layout.name}, got ${digits}`, digits)
  return digits + traceCheck(layout, digits)
}

function fieldText(name: string, length: number, value: string | number | undefined): string {
  const text = typeof value === 'number' ? String(value).padStart(length, '0') : (value ?? '')
  return /^\d+$/.test(text) && text.length === length
    ? text
    : malformed(`${length} digits for ${name}, got ${JSON.stringify(value)}`, text)
}

function hasStart({ startsWith }: TraceLayout, text: string): boolean {
  return startsWith?.some((start) => text.startsWith(start)) ?? true
}

function holds(layout: TraceLayout, text: string): boolean {
  const at = dataLength(layout)
  return traceCheck(layout, text.slice(0, at)) === text.slice(at)
}

function readingOf(layout: TraceLayout, text: string): TraceReading {
  const { name, isConfirmed } = layout
  const check = text.slice(dataLength(layout))
  const fields: Record<string, string> = {}
  let at = 0
  for (const field of layout.fields) {
    fields[field.name] = text.slice(at, at + field.digits)
    at += field.digits
  }
  return { layout: name, fields, ...(check !== '' && { check }), isConfirmed }
}

function dataLength(layout: TraceLayout): number {
  return layout.fields.reduce((sum, { digits }) => sum + digits, 0)
}
