import { ProtocolError } from '#protocols/error'

/** Bytes of a boot report: modifiers, one that is reserved, and up to six keys that are down (HID 1.11, appendix B). */
export const REPORT_BYTES = 8
const KEYS_FROM = 2
/** More keys are down than the keyboard can tell, its self test failed, or it does not know: no usage up to this one is a key. */
const ERROR_USAGE_MAX = 3

/** Bits of the first byte, of either side. */
export const CONTROL = 0x11
export const SHIFT = 0x22
export const ALT = 0x44
export const ALT_RIGHT = 0x40
export const GUI = 0x88

/** A key that went down, with the modifiers that were down. */
export interface KeyPress {
  readonly usage: number
  readonly modifiers: number
}

/**
 * Tells which keys went down from one report to the next: a key that stays down, as in a repeated report or when Shift is let go before it, is
 * pressed once.
 */
export class KeyPresses {
  readonly #isReleaseSent: boolean
  #down: readonly number[] = []

  /** @param isReleaseSent false where no report says that keys are let go, as some captures leave them out: each report is a press then */
  constructor(isReleaseSent = true) {
    this.#isReleaseSent = isReleaseSent
  }

  /**
   * @returns the keys that this report presses, in its order; none for one that only releases
   * @throws ProtocolError `truncated`, `malformed` (more than 8 bytes, the roll-over and error usages 1 to 3); what is down stays as it was
   */
  push(report: Uint8Array): KeyPress[] {
    if (report.length < REPORT_BYTES)
      throw new ProtocolError('truncated', `expected ${REPORT_BYTES} bytes, got ${report.length}`, report)
    if (report.length > REPORT_BYTES)
      throw new ProtocolError('malformed', `expected ${REPORT_BYTES} bytes, got ${report.length}`, report)
    const keys = Array.from(report.subarray(KEYS_FROM)).filter((usage) => usage !== 0)
    if (keys.some((usage) => usage <= ERROR_USAGE_MAX))
      throw new ProtocolError('malformed', 'expected keys, got roll-over or a keyboard error', report)
    const modifiers = report[0] ?? 0
    const pressed = keys.filter((usage, index) => !this.#down.includes(usage) && keys.indexOf(usage) === index)
    this.#down = this.#isReleaseSent ? keys : []
    return pressed.map((usage) => ({ usage, modifiers }))
  }
}

/** The report that presses a key. */
export function pressReport({ usage, modifiers }: KeyPress): Uint8Array {
  return Uint8Array.of(modifiers, 0, usage, 0, 0, 0, 0, 0)
}

/** The report of a keyboard on which no key is down. */
export function releaseReport(): Uint8Array {
  return new Uint8Array(REPORT_BYTES)
}
