import { ProtocolError } from '#protocols/error'

/** Bytes of an input report, its id included. */
export const BARCODE_REPORT_BYTES = 64
/** Id of the report that holds data. */
export const BARCODE_REPORT_ID = 2
/** Bytes of a code in one report. */
export const BARCODE_DATA_BYTES_MAX = 56

/**
 * How a maker lays out the report; the numbers are indexes, the report's id being 0.
 * - `aim` (Honeywell, Zebra): length 1, symbology identifier 2 to 4, data from 5, maker's symbology 61, more-data 63;
 * - `aim-6`: one more byte before the identifier, data from 6;
 * - `newland`: length 1, data from 2, maker's symbology 62; no identifier, and no report that follows.
 */
export type BarcodeFormat = 'aim' | 'aim-6' | 'newland'

/** One input report. */
export interface BarcodeReport {
  readonly format: BarcodeFormat
  /** `]E0`; left out by a maker that does not say it. */
  readonly aim?: string
  /** Bytes of the code, 0 to 56. */
  readonly data: Uint8Array
  /** The maker's own number of the symbology; 0 where it has none. */
  readonly makerSymbology: number
  /** Another report goes on with this code. */
  readonly isMore: boolean
}

/**
 * Reads one input report.
 * @param format of the reader; by default told from the place of the identifier's `]`
 * @throws ProtocolError `truncated`, `malformed` (longer, a length beyond the data, no identifier), `unsupported` (another report's id)
 */
export function decodeBarcodeReport(report: Uint8Array, format: BarcodeFormat = formatOf(report)): BarcodeReport {
  const { dataFrom, dataMax, symbologyAt, moreAt } = FORMATS[format]
  if (report.length < BARCODE_REPORT_BYTES)
    throw new ProtocolError('truncated', `expected ${BARCODE_REPORT_BYTES} bytes, got ${report.length}`, report)
  if (report.length > BARCODE_REPORT_BYTES)
    throw new ProtocolError('malformed', `expected ${BARCODE_REPORT_BYTES} bytes, got ${report.length}`, report)
  if (report[0] !== BARCODE_REPORT_ID)
    throw new ProtocolError('unsupported', `expected report ${BARCODE_REPORT_ID}, got ${report[0]}`, report)
  const length = report[1] ?? 0
  if (length > dataMax) throw new ProtocolError('malformed', `expected at most ${dataMax} bytes of data, got ${length}`, report)
  const aim = format === 'newland' ? undefined : identifierOf(report, dataFrom)
  return {
    format,
    ...(aim !== undefined && { aim }),
    data: report.slice(dataFrom, dataFrom + length),
    makerSymbology: report[symbologyAt] ?? 0,
    isMore: moreAt !== undefined && ((report[moreAt] ?? 0) & 1) === 1,
  }
}

/** The inverse. @throws ProtocolError `malformed` for data or an identifier that do not fit */
export function encodeBarcodeReport({ format, aim = '', data, makerSymbology, isMore }: BarcodeReport): Uint8Array {
  const { dataFrom, dataMax, symbologyAt, moreAt } = FORMATS[format]
  if (data.length > dataMax) throw new ProtocolError('malformed', `expected at most ${dataMax} bytes, got ${data.length}`, data)
  const report = new Uint8Array(BARCODE_REPORT_BYTES)
  report[0] = BARCODE_REPORT_ID
  report[1] = data.length
  if (format !== 'newland') {
    report.set(new TextEncoder().encode(aim).subarray(0, AIM_BYTES), dataFrom - AIM_BYTES)
    identifierOf(report, dataFrom)
  }
  report.set(data, dataFrom)
  report[symbologyAt] = makerSymbology
  if (moreAt !== undefined) report[moreAt] = isMore ? 1 : 0
  return report
}

/** Bytes of data that a report of this format holds. */
export function barcodeDataMax(format: BarcodeFormat): number {
  return FORMATS[format].dataMax
}

/** The feature report that puts a Honeywell reader into this mode (id, then data). */
export const HONEYWELL_HID_MODE: readonly number[] = [0xfe, 1]

/**
 * The output report that sends a command to a Newland reader: id 4, length, up to 62 bytes.
 * @throws ProtocolError `malformed` for a longer command
 */
export function encodeNewlandCommand(command: Uint8Array): Uint8Array {
  if (command.length > NEWLAND_COMMAND_BYTES_MAX)
    throw new ProtocolError('malformed', `expected at most ${NEWLAND_COMMAND_BYTES_MAX} bytes, got ${command.length}`, command)
  const report = new Uint8Array(BARCODE_REPORT_BYTES)
  report[0] = 4
  report[1] = command.length
  report.set(command, 2)
  return report
}

const NEWLAND_COMMAND_BYTES_MAX = 62
const AIM_BYTES = 3
const CLOSING_BRACKET = 0x5d

interface Places {
  readonly dataFrom: number
  readonly dataMax: number
  readonly symbologyAt: number
  readonly moreAt?: number
}

const FORMATS: Readonly<Record<BarcodeFormat, Places>> = {
  aim: { dataFrom: 5, dataMax: BARCODE_DATA_BYTES_MAX, symbologyAt: 61, moreAt: 63 },
  'aim-6': { dataFrom: 6, dataMax: BARCODE_DATA_BYTES_MAX - 1, symbologyAt: 61, moreAt: 63 },
  newland: { dataFrom: 2, dataMax: BARCODE_DATA_BYTES_MAX, symbologyAt: 62 },
}

function formatOf(report: Uint8Array): BarcodeFormat {
  if (report[2] === CLOSING_BRACKET) return 'aim'
  return report[3] === CLOSING_BRACKET ? 'aim-6' : 'newland'
}

function identifierOf(report: Uint8Array, dataFrom: number): string {
  const aim = String.fromCharCode(...report.subarray(dataFrom - AIM_BYTES, dataFrom))
  if (!/^\][A-Za-z][0-9A-Za-z]$/.test(aim))
    throw new ProtocolError('malformed', `expected a symbology identifier, got ${JSON.stringify(aim)}`, report)
  return aim
}
