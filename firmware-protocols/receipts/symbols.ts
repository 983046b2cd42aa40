/** Modules of the check, the start and the stop of Code 128 beside its symbols, each of 11. */
const STOP_MODULES = 13
const SYMBOL_MODULES = 11
/** Blank modules on both sides that a reader needs. */
const QUIET_MODULES = 20
const EAN_MODULES = 95

const QR_QUIET_MODULES = 8
/** Bytes that a QR code of versions 1 to 16 holds in byte mode, by its level: ISO/IEC 18004, table of capacities. */
const QR_BYTES = {
  L: [17, 32, 53, 78, 106, 134, 154, 192, 230, 271, 321, 367, 425, 458, 520, 586],
  M: [14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412, 450],
  Q: [11, 20, 32, 46, 60, 74, 86, 108, 130, 151, 177, 203, 241, 258, 292, 322],
  H: [7, 14, 24, 34, 44, 58, 64, 84, 98, 119, 137, 155, 177, 194, 220, 250],
} as const
export type QrLevel = keyof typeof QR_BYTES

/** A bar code as GS k takes it. */
export interface Bars {
  readonly data: string
  /** Of its width, with what must stay blank. */
  readonly modules: number
}

/**
 * Code 128 as GS k 73 takes it: `{B` before text (a brace doubled), `{C` before pairs of digits, one byte a pair. Runs of digits go as pairs,
 * which halves them: twenty digits fit 58 mm paper only so.
 */
export function code128(text: string): Bars {
  let data = ''
  let set = ''
  // Start and check.
  let symbols = 2
  for (const run of text.match(/^(?:\d\d)+|(?:\d\d){2,}|\D|\d/g) ?? []) {
    const isPairs = run.length > 1
    const wanted = isPairs ? '{C' : '{B'
    if (set !== wanted) {
      if (set !== '') symbols++
      data += wanted
      set = wanted
    }
    data += isPairs ? run.replace(/../g, (pair) => String.fromCharCode(Number(pair))) : run.replace('{', '{{')
    symbols += isPairs ? run.length / 2 : 1
  }
  return { data, modules: symbols * SYMBOL_MODULES + STOP_MODULES + QUIET_MODULES }
}

/** EAN-13 with its check digit. @throws RangeError for a check digit that is wrong */
export function ean13(digits: string): Bars {
  const sum = Array.from(digits.slice(0, 12), Number).reduce(
    (total, digit, index) => total + digit * (index % 2 === 0 ? 1 : 3),
    0,
  )
  const data = digits.slice(0, 12) + ((10 - (sum % 10)) % 10)
  if (!data.startsWith(digits)) throw new RangeError(`expected check digit ${data.at(-1)}, got ${digits}`)
  return { data, modules: EAN_MODULES + QUIET_MODULES }
}

/** Modules across the QR code that so many bytes need, with what must stay blank. @throws RangeError beyond version 16 */
export function qrModules(bytes: number, level: QrLevel): number {
  const capacities = QR_BYTES[level]
  const index = capacities.findIndex((capacity) => bytes <= capacity)
  if (index < 0) throw new RangeError(`expected at most ${capacities.at(-1)} bytes in a QR code of level ${level}, got ${bytes}`)
  return 21 + 4 * index + QR_QUIET_MODULES
}
