import { Type } from 'typebox'
import { type Codec, encoder, type Field } from '#protocols/codec'
import { ProtocolError } from '#protocols/error'
import { lineSplitter, type Splitter } from '#protocols/frames'
import {
  expectText,
  readScan,
  SCAN_BYTES_MAX,
  type Scan,
  type ScanData,
  type ScanSuffix,
  SUFFIX_TEXTS,
  writeScan,
} from './scan-text.ts'

/** The suffix a serial reader is set to; without any its scans cannot be told apart. */
export const SERIAL_SUFFIXES = ['cr-lf', 'cr', 'lf', 'etx'] as const satisfies readonly ScanSuffix[]
export type SerialSuffix = (typeof SERIAL_SUFFIXES)[number]

/**
 * Reads one scan with its suffix. A line feed in front, left over from the scan before, is passed over.
 * @throws ProtocolError `truncated` (no suffix yet), `malformed`
 */
export function decodeSerialBarcode(bytes: Uint8Array): Scan {
  const scan = readScan(bytes[0] === LF && bytes.length > 1 ? bytes.subarray(1) : bytes)
  if (scan.suffix === 'none') throw new ProtocolError('truncated', 'expected CR, CR LF, LF or ETX at the end', bytes)
  if (scan.text.includes(SUFFIX_TEXTS[scan.suffix])) throw new ProtocolError('malformed', 'expected one scan, got several', bytes)
  return scan
}

/** The inverse. @throws ProtocolError `malformed` for a text that holds the suffix, or that looks as if it had an identifier */
export function encodeSerialBarcode(scan: ScanData, suffix: SerialSuffix = 'cr-lf'): Uint8Array {
  const bytes = writeScan({ ...scan, suffix })
  expectText(decodeSerialBarcode(bytes), scan.text, bytes)
  return bytes
}

/** Cuts what a reader sends into scans, each with its suffix, by the suffix that it is set to. */
export function serialBarcodeSplitter(suffix: SerialSuffix): Splitter<Uint8Array> {
  return lineSplitter(SUFFIX_TEXTS[suffix].charCodeAt(SUFFIX_TEXTS[suffix].length - 1), SCAN_BYTES_MAX)
}

const LF = 0x0a

const Serial = Type.Object({
  text: Type.String({ minLength: 1 }),
  aim: Type.Optional(Type.String({ pattern: '^\\][A-Za-z][0-9A-Za-z]$' })),
  suffix: Type.Optional(Type.Union(SERIAL_SUFFIXES.map((name) => Type.Literal(name)))),
})

/** Barcode readers on a serial line. */
export const serialBarcode: Codec = {
  name: 'serial-barcode',
  title: 'Barcode readers on a serial line or a virtual serial port: text and a suffix',
  evidence: {
    sources: ['ISO/IEC 15424', 'operating manuals of serial readers'],
    confirmed: 'Suffixes CR and CR LF, and the symbology identifier in front, are those of the manuals.',
    derived:
      'That LF alone and ETX with an STX in front occur is concluded from the settings that readers offer; no capture was at hand.',
    missing: 'Text is UTF-8; codes in GB 18030 are refused as malformed. A reader’s own prefixes are left in the text.',
  },
  decode(bytes) {
    const scan = decodeSerialBarcode(bytes)
    return { value: scan, fields: fieldsOf(bytes, scan) }
  },
  encode: encoder(Serial, ({ suffix, ...scan }) => encodeSerialBarcode(scan, suffix)),
}

function fieldsOf(bytes: Uint8Array, { aim, symbology, text, suffix }: Scan): Field[] {
  const suffixFrom = bytes.length - SUFFIX_TEXTS[suffix].length
  const from = suffixFrom - new TextEncoder().encode(text).length
  const parts = [
    { from: from - (aim?.length ?? 0), to: from, name: 'symbology', value: symbology ?? aim ?? '' },
    { from, to: suffixFrom, name: 'code', value: text },
    { from: suffixFrom, to: bytes.length, name: 'suffix', value: suffix },
  ]
  return parts.filter((field) => field.to > field.from)
}
