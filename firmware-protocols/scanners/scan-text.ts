import { stripAim } from '#protocols/codes'
import { ProtocolError } from '#protocols/error'

/** Bytes of the longest scan: a QR code holds 7089 digits. */
export const SCAN_BYTES_MAX = 8192

/** What readers put behind a code. `etx` has an STX in front. */
export const SCAN_SUFFIXES = ['cr-lf', 'cr', 'lf', 'etx', 'none'] as const
export type ScanSuffix = (typeof SCAN_SUFFIXES)[number]

/** The bytes of each suffix. */
export const SUFFIX_TEXTS: Readonly<Record<ScanSuffix, string>> = { 'cr-lf': '\r\n', cr: '\r', lf: '\n', etx: '\u0003', none: '' }

const STX = '\u0002'

/** What a reader read. */
export interface Scan {
  /** Without symbology identifier and suffix. FNC1 is 0x1D. */
  readonly text: string
  /** `]E0`; left out where the reader does not say it. */
  readonly aim?: string
  /** Its name; null where it is not known. */
  readonly symbology: string | null
  readonly suffix: ScanSuffix
}

/**
 * Understands what a reader said, all of it there. A code may hold line ends and other control characters, but no NUL.
 * @param isAimInside whether a symbology identifier in front belongs to what the reader said, and not to the code
 * @throws ProtocolError `truncated` (nothing), `malformed` (no UTF-8, NUL, more than `SCAN_BYTES_MAX`)
 */
export function readScan(bytes: Uint8Array, isAimInside = true): Scan {
  if (bytes.length > SCAN_BYTES_MAX)
    throw new ProtocolError('malformed', `expected at most ${SCAN_BYTES_MAX} bytes, got ${bytes.length}`, bytes)
  const said = utf8(bytes)
  const suffix = SCAN_SUFFIXES.find((name) => said.endsWith(SUFFIX_TEXTS[name])) ?? 'none'
  const framed = said.slice(0, said.length - SUFFIX_TEXTS[suffix].length)
  const unframed = suffix === 'etx' && framed.startsWith(STX) ? framed.slice(1) : framed
  const { aim, symbology = null, data } = isAimInside ? stripAim(unframed) : { aim: undefined, data: unframed }
  if (data === '') throw new ProtocolError('truncated', 'expected a code, got nothing', bytes)
  if (data.includes('\0')) throw new ProtocolError('malformed', 'expected text, got NUL', bytes)
  return { text: data, ...(aim !== undefined && { aim }), symbology, suffix }
}

/** What `writeScan` takes. */
export interface ScanData {
  readonly text: string
  readonly aim?: string
  readonly suffix?: ScanSuffix
}

/** The inverse. @throws ProtocolError as `readScan`; `malformed` for a text that looks like one with another identifier or suffix */
export function writeScan({ text, aim = '', suffix = 'none' }: ScanData): Uint8Array {
  const bytes = new TextEncoder().encode((suffix === 'etx' ? STX : '') + aim + text + SUFFIX_TEXTS[suffix])
  expectText(readScan(bytes), text, bytes)
  return bytes
}

/** @throws ProtocolError `malformed` where a text reads as another, for it looks as if it had an identifier, a prefix or a suffix. */
export function expectText(read: Scan, text: string, bytes: Uint8Array): void {
  if (read.text === text) return
  throw new ProtocolError('malformed', `expected a text that reads as itself, got ${JSON.stringify(read.text)}`, bytes)
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new ProtocolError('malformed', 'expected UTF-8', bytes)
  }
}
