import { Type } from 'typebox'
import { type Codec, encoder, type Field } from '#protocols/codec'
import { symbologyOf } from '#protocols/codes'
import { ProtocolError } from '#protocols/error'
import {
  BARCODE_REPORT_BYTES,
  type BarcodeFormat,
  type BarcodeReport,
  barcodeDataMax,
  decodeBarcodeReport,
  encodeBarcodeReport,
} from './hid-barcode-report.ts'
import { expectText, readScan, SCAN_BYTES_MAX, SCAN_SUFFIXES, type Scan, type ScanSuffix, SUFFIX_TEXTS } from './scan-text.ts'

/** A code that came in one report or in several. */
export interface HidScan extends Scan {
  readonly format: BarcodeFormat
  /** The maker's own number of the symbology, as in the last report; 0 where it has none. */
  readonly makerSymbology: number
}

/** What `encodeHidBarcode` takes. */
export interface HidScanData {
  readonly text: string
  /** Needed but for `newland`. */
  readonly aim?: string
  readonly suffix?: ScanSuffix
  readonly format?: BarcodeFormat
  readonly makerSymbology?: number
}

/** Puts the reports of one reader together. Holds at most `SCAN_BYTES_MAX` bytes. */
export class HidBarcodeReader {
  readonly #format: BarcodeFormat | undefined
  #parts: BarcodeReport[] = []
  #bytes = 0

  /** @param format of the reader; by default each report tells its own */
  constructor(format?: BarcodeFormat) {
    this.#format = format
  }

  /** Bytes of a code whose last report has not come. */
  get pendingBytes(): number {
    return this.#bytes
  }

  /**
   * @returns the code that this report completes
   * @throws ProtocolError as `decodeBarcodeReport`; `malformed` for a code that goes on under another identifier, is too long or is no text.
   * What came before is forgotten then.
   */
  push(report: Uint8Array): HidScan | undefined {
    try {
      const part = decodeBarcodeReport(report, this.#format)
      this.#add(part, report)
      return part.isMore ? undefined : scanOf(this.#parts)
    } catch (error) {
      this.reset()
      throw error
    } finally {
      if (this.#parts.at(-1)?.isMore === false) this.reset()
    }
  }

  /** Forgets a code that is not complete. */
  reset(): void {
    this.#parts = []
    this.#bytes = 0
  }

  #add(part: BarcodeReport, report: Uint8Array): void {
    const first = this.#parts[0]
    if (first && (first.aim !== part.aim || first.format !== part.format))
      throw new ProtocolError('malformed', `expected ${first.aim} to go on, got ${part.aim ?? part.format}`, report)
    if (this.#bytes + part.data.length > SCAN_BYTES_MAX)
      throw new ProtocolError('malformed', `expected at most ${SCAN_BYTES_MAX} bytes`, report)
    // A report that is empty and says that more comes would cost memory without end.
    if (part.isMore && part.data.length === 0) throw new ProtocolError('malformed', 'expected data where more is to come', report)
    this.#parts.push(part)
    this.#bytes += part.data.length
  }
}

/**
 * Reads the reports of one code, one behind the other.
 * @param format of the reader; by default each report tells its own
 * @throws ProtocolError as `HidBarcodeReader`; `truncated` where more are to come
 */
export function decodeHidBarcode(bytes: Uint8Array, format?: BarcodeFormat): HidScan {
  const reader = new HidBarcodeReader(format)
  for (let from = 0; from < bytes.length; from += BARCODE_REPORT_BYTES) {
    const scan = reader.push(bytes.subarray(from, from + BARCODE_REPORT_BYTES))
    if (scan && from + BARCODE_REPORT_BYTES < bytes.length)
      throw new ProtocolError('malformed', 'expected one code, got reports behind its last', bytes)
    if (scan) return scan
  }
  throw new ProtocolError('truncated', `expected a last report, got ${bytes.length} bytes`, bytes)
}

/** The inverse: as many reports as the code needs. @throws ProtocolError `malformed` (no identifier, no code, too long) */
export function encodeHidBarcode(scan: HidScanData): Uint8Array[] {
  const { text, aim, suffix = 'none', format = 'aim', makerSymbology = 0 } = scan
  const bytes = new TextEncoder().encode((format === 'newland' ? (aim ?? '') : '') + text + SUFFIX_TEXTS[suffix])
  const size = barcodeDataMax(format)
  const bytesMax = format === 'newland' ? size : SCAN_BYTES_MAX
  if (bytes.length > bytesMax || text === '')
    throw new ProtocolError('malformed', `expected 1 to ${bytesMax} bytes, got ${bytes.length}`, bytes)
  const reports: Uint8Array[] = []
  for (let from = 0; from < bytes.length; from += size) {
    const part = { format, data: bytes.subarray(from, from + size), makerSymbology, isMore: from + size < bytes.length }
    reports.push(encodeBarcodeReport(aim === undefined ? part : { ...part, aim }))
  }
  expectText(decodeHidBarcode(new Uint8Array(Buffer.concat(reports)), format), text, bytes)
  return reports
}

const Hid = Type.Object({
  text: Type.String({ minLength: 1 }),
  aim: Type.Optional(Type.String({ pattern: '^\\][A-Za-z][0-9A-Za-z]$' })),
  suffix: Type.Optional(Type.Union(SCAN_SUFFIXES.map((name) => Type.Literal(name)))),
  format: Type.Optional(Type.Union([Type.Literal('aim'), Type.Literal('aim-6'), Type.Literal('newland')])),
  makerSymbology: Type.Optional(Type.Integer({ minimum: 0, maximum: 255 })),
})

/** Barcode readers in HID POS mode. */
export const hidBarcode: Codec = {
  name: 'hid-barcode',
  title: 'Barcode readers in HID POS mode (usage page 8C): Honeywell, Zebra, Newland; reports of 64 bytes',
  evidence: {
    sources: [
      'HID Point of Sale Usage Tables 1.02',
      'captures in the python_hon_usbhid repository',
      'WebHidBarcodeScanner by Niels Leenheer',
      'comments in a public program for the Newland FM430',
    ],
    confirmed: 'Seven reports of a Honeywell Voyager 1602g, six of them one message, give their text and their more-data flag.',
    derived:
      'That Zebra has the same report, and that some readers have one more byte before the identifier, is told by one source each.',
    missing:
      'Whether a Newland reader goes on in a second report is not known: a code of more than 56 bytes cannot be told; one that is set to put the identifier into the data looks like the others, so its format must be given. Text is UTF-8; others are refused as malformed.',
  },
  decode(bytes) {
    const value = decodeHidBarcode(bytes)
    return { value, fields: fieldsOf(bytes) }
  },
  encode: encoder(Hid, (value) => {
    const bytes = new Uint8Array(Buffer.concat(encodeHidBarcode(value)))
    // An identifier in the data looks like another maker's report, which only a caller who knows the format can tell.
    expectText(decodeHidBarcode(bytes), value.text, bytes)
    return bytes
  }),
}

function scanOf(parts: readonly BarcodeReport[]): HidScan {
  const { format = 'aim', aim } = parts[0] ?? {}
  // A Newland reader may be set to put the identifier into the data.
  const scan = readScan(new Uint8Array(Buffer.concat(parts.map(({ data }) => data))), format === 'newland')
  const said = aim === undefined ? scan : { ...scan, aim, symbology: symbologyOf(aim) ?? null }
  return { ...said, format, makerSymbology: parts.at(-1)?.makerSymbology ?? 0 }
}

function fieldsOf(bytes: Uint8Array): Field[] {
  const fields: Field[] = []
  for (let from = 0; from < bytes.length; from += BARCODE_REPORT_BYTES) {
    const report = decodeBarcodeReport(bytes.subarray(from, from + BARCODE_REPORT_BYTES))
    const dataTo = from + (report.format === 'aim' ? 5 : report.format === 'aim-6' ? 6 : 2) + report.data.length
    fields.push(
      { from, to: from + 1, name: 'report', value: '2' },
      { from: from + 1, to: from + 2, name: 'length', value: String(report.data.length) },
      { from: from + 2, to: dataTo, name: 'code', value: Buffer.from(bytes.subarray(from + 2, dataTo)).toString() },
    )
    if (report.isMore) fields.push({ from: from + 63, to: from + 64, name: 'more', value: 'yes' })
  }
  return fields.filter((field) => field.to > field.from)
}
