import type { Table } from '#devices'
import { ProtocolError } from '#protocols/error'
import { readCountMax } from '#protocols/modbus'
import type { Bus } from './bus.ts'
import { DriverError } from './driver-error.ts'
import { queryOf } from './framing.ts'
import type { Line } from './line.ts'
import { type LineAddress, lineKey, parseLine, type SerialAddress } from './line-address.ts'
import { serialTiming } from './serial-timing.ts'

/** Functions that read a table. */
export const READ_FUNCTIONS = { coil: 1, discrete: 2, holding: 3, input: 4 } as const satisfies Record<Table, number>
/** Bytes of the question of a scan and of the shortest answer. */
const SCAN_BYTES = 8 + 7
/** "Gateway path unavailable" and "target device failed to respond": a gateway says that the unit is not there. */
const NOBODY = [10, 11]

/** What is read: registers or bits of one table. */
export interface TableRange {
  readonly table: Table
  /** As on the wire, from 0. */
  readonly address: number
  readonly count: number
}

/** A unit that said something. */
export interface FoundUnit {
  readonly unit: number
  /** The line's URL with the settings at which it was heard. */
  readonly line: string
  /** `value`: it answered; `exception`: it refused, so it is there; `damaged`: something was heard, as from two units of one address. */
  readonly answer: 'value' | 'exception' | 'damaged'
  readonly detail: string
}

/** After each unit that was asked. */
export interface ScanStep {
  readonly asked: number
  readonly of: number
  readonly found: FoundUnit | undefined
}

export interface ScanOptions {
  readonly units: readonly number[]
  readonly timeoutMs: number
  /** What each is asked for; default one holding register. */
  readonly question?: TableRange
}

/** Serial settings that devices come with, the most usual first. */
export const SETTINGS: readonly Pick<SerialAddress, 'baud' | 'parity' | 'stopBits'>[] = [
  9600, 19_200, 4800, 115_200, 38_400, 57_600, 2400, 1200,
].flatMap((baud) =>
  [
    { parity: 'none', stopBits: 1 },
    { parity: 'even', stopBits: 1 },
    { parity: 'none', stopBits: 2 },
    { parity: 'odd', stopBits: 1 },
  ].map(({ parity, stopBits }) => ({
    baud,
    parity: parity === 'even' || parity === 'odd' ? parity : 'none',
    stopBits: stopBits === 2 ? 2 : 1,
  })),
)

/** The lines at which a serial port may be found; of any other line, itself. */
export function settingsOf(url: string): string[] {
  const address = parseLine(url)
  return address.kind === 'serial' ? SETTINGS.map((settings) => lineKey({ ...address, ...settings })) : [lineKey(address)]
}

/** The longest that a scan takes, in ms: nobody answers. Each unit that does makes it shorter. */
export function scanMsMax(lines: readonly string[], { units, timeoutMs }: ScanOptions): number {
  return lines.reduce((sum, url) => sum + units.length * (timeoutMs + wireMs(parseLine(url))), 0)
}

function wireMs(address: LineAddress): number {
  if (address.kind !== 'serial') return 0
  const { byteMs, gapMs } = serialTiming(address)
  return SCAN_BYTES * byteMs + gapMs
}

/**
 * Asks every unit on each line, one line after the other, each open only while it is asked. Ends, without a throw, after a stop.
 * @throws DriverError `configuration`; `unreachable` where a line cannot be opened
 */
export async function* scan(
  bus: Bus,
  lines: readonly string[],
  options: ScanOptions,
  stop: AbortSignal,
): AsyncGenerator<ScanStep, void, undefined> {
  const of = lines.length * options.units.length
  let asked = 0
  for (const url of lines) {
    await using lease = bus.lease(url)
    for (const unit of options.units) {
      if (stop.aborted) return
      let found: FoundUnit | undefined
      try {
        found = await seek(lease.line, unit, options, stop)
      } catch (error) {
        if (error instanceof DriverError && error.code === 'stopped' && stop.aborted) return
        throw error
      }
      yield { asked: ++asked, of, found }
    }
  }
}

async function seek(
  line: Line,
  unit: number,
  { timeoutMs, question = { table: 'holding', address: 0, count: 1 } }: ScanOptions,
  stop: AbortSignal,
): Promise<FoundUnit | undefined> {
  const found = (answer: FoundUnit['answer'], detail: string): FoundUnit => ({ unit, line: line.url, answer, detail })
  try {
    const words = await readRange(line, unit, question, timeoutMs, stop)
    return found('value', `${question.table} ${question.address}: ${words.map(hexWord).join(' ')}`)
  } catch (error) {
    if (error instanceof DriverError && error.code === 'timeout') return undefined
    if (!(error instanceof ProtocolError)) throw error
    if (error.exception !== undefined && NOBODY.includes(error.exception)) return undefined
    return error.code === 'exception' ? found('exception', `exception ${error.exception}`) : found('damaged', error.message)
  }
}

/** The words of a range, bits as 0 and 1. @throws DriverError, ProtocolError as `Line.transact` */
export async function readRange(
  line: Line,
  unit: number,
  { table, address, count }: TableRange,
  timeoutMs: number,
  stop: AbortSignal,
): Promise<readonly number[]> {
  const answer = await line.transact(unit, queryOf({ function: READ_FUNCTIONS[table], address, count }), timeoutMs, stop)
  if ('registers' in answer) return answer.registers
  return 'bits' in answer ? answer.bits.map(Number) : []
}

/** Reads `holding:0:4`; the count may be left out. @throws RangeError that says what was expected */
export function parseRange(text: string): TableRange {
  const [table = '', address = '', count = '1', ...rest] = text.split(':')
  if (table !== 'coil' && table !== 'discrete' && table !== 'holding' && table !== 'input')
    throw new RangeError(`expected <table>:<address>:<count> with table coil, discrete, input or holding, got "${text}"`)
  const countMax = readCountMax(READ_FUNCTIONS[table])
  const [from, many] = [Number(address), Number(count)]
  if (rest.length > 0 || !/^\d+$/.test(address) || !/^\d+$/.test(count) || many < 1 || many > countMax || from + many > 0x1_0000)
    throw new RangeError(`expected an address from 0 and a count of 1 to ${countMax} that end within 65536, got "${text}"`)
  return { table, address: from, count: many }
}

/** Reads `1-247` or `1,5,10-20`. @throws RangeError that says what was expected */
export function parseUnits(text: string): number[] {
  const units = text.split(',').flatMap((part) => {
    const [, first = '', last = first] = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(part) ?? []
    const [from, to] = [Number(first), Number(last)]
    if (first === '' || from > to || to > 255)
      throw new RangeError(`expected units such as 1-247 or 1,5,10-20, from 0 to 255, got "${text}"`)
    return Array.from({ length: to - from + 1 }, (_, index) => from + index)
  })
  return [...new Set(units)]
}

export function hexWord(word: number): string {
  return word.toString(16).padStart(4, '0')
}
