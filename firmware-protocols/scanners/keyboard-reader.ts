import { ProtocolError } from '#protocols/error'
import { CAPS_LOCK, type KeyboardSuffix, suffixOf, typedText } from './keyboard-key.ts'
import { type KeyboardLayout, US } from './keyboard-layout.ts'
import { KeyPresses } from './keyboard-report.ts'

/** How a reader that is a keyboard is told from a person who types. */
export interface KeyboardReaderOptions {
  /** As the reader is set, which need not be that of the host. Default US. */
  readonly layout?: KeyboardLayout
  /** Default `enter`. With `none` a scan ends by silence. */
  readonly suffix?: KeyboardSuffix
  /** Longest time between two keys of a scan, ms. Readers take 1 to 30, fast typists 80 and more. Default 50. */
  readonly gapMs?: number
  /** A scan has at least so many characters. Default 4. */
  readonly lengthMin?: number
  /** What is beyond is dropped, and told as trouble. Default 4096. */
  readonly lengthMax?: number
  /** Whether the reader says when a key is let go, as HID wants it. Default true. */
  readonly isReleaseSent?: boolean
  /** Whether the keyboard's capitals are locked at the start. Default false. */
  readonly isCapsLocked?: boolean
}

/** Keys that came fast one behind the other. */
export interface KeyBurst {
  /** `scan`: long enough, and ended as the reader ends it. `typing`: anything else. */
  readonly kind: 'scan' | 'typing'
  /** Without the suffix. */
  readonly text: string
  /** Time of the first key, and of the last, ms. */
  readonly at: number
  readonly until: number
  /** What could not be read among them: reports cut short, roll-over, dead and unknown keys. A scan with any may lack characters. */
  readonly troubles: readonly ProtocolError[]
}

interface OpenBurst {
  text: string
  readonly at: number
  until: number
  readonly troubles: ProtocolError[]
}

/** A trouble that repeats is told so many times in one burst. */
const TROUBLES_MAX = 16

/**
 * Puts the boot reports of one keyboard together to scans. Time is passed in. A report that is lost leaves no trace: only the check digit of the
 * code, or its length, tells that a character is missing.
 */
export class KeyboardReader {
  readonly #layout: KeyboardLayout
  readonly #suffix: KeyboardSuffix
  readonly #gapMs: number
  readonly #lengthMin: number
  readonly #lengthMax: number
  readonly #presses: KeyPresses
  #isCapsLocked: boolean
  #burst: OpenBurst | undefined

  constructor(options: KeyboardReaderOptions = {}) {
    this.#layout = options.layout ?? US
    this.#suffix = options.suffix ?? 'enter'
    this.#gapMs = options.gapMs ?? 50
    this.#lengthMin = options.lengthMin ?? 4
    this.#lengthMax = options.lengthMax ?? 4096
    this.#presses = new KeyPresses(options.isReleaseSent)
    this.#isCapsLocked = options.isCapsLocked ?? false
  }

  /**
   * @param atMs when the report came; never less than before
   * @returns the bursts that ended with this report, or before it; what cannot be read is told there, nothing is thrown
   */
  push(report: Uint8Array, atMs: number): KeyBurst[] {
    const ended = this.tick(atMs)
    this.#attempt(atMs, () => {
      for (const press of this.#presses.push(report)) {
        if (press.usage === CAPS_LOCK) this.#isCapsLocked = !this.#isCapsLocked
        if (suffixOf(press) === this.#suffix) ended.push(...this.#end(true))
        else this.#attempt(atMs, () => this.#type(typedText(press, this.#layout, this.#isCapsLocked), atMs))
      }
    })
    return ended
  }

  /** Ends a burst after which nothing came for longer than `gapMs`. To be called when time passes without a report. */
  tick(atMs: number): KeyBurst[] {
    return this.#burst && atMs - this.#burst.until > this.#gapMs ? this.#end(false) : []
  }

  #attempt(atMs: number, read: () => void): void {
    try {
      read()
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      const burst = this.#open(atMs)
      if (burst.troubles.length < TROUBLES_MAX) burst.troubles.push(error)
    }
  }

  #type(text: string, atMs: number): void {
    if (text === '') return
    const burst = this.#open(atMs)
    if (burst.text.length + text.length > this.#lengthMax)
      throw new ProtocolError('malformed', `expected at most ${this.#lengthMax} characters`, new Uint8Array())
    burst.text += text
  }

  #open(atMs: number): OpenBurst {
    this.#burst ??= { text: '', at: atMs, until: atMs, troubles: [] }
    this.#burst.until = atMs
    return this.#burst
  }

  #end(isSuffixed: boolean): KeyBurst[] {
    const burst = this.#burst
    this.#burst = undefined
    if (burst === undefined) return []
    const isScan = burst.text.length >= this.#lengthMin && (isSuffixed || this.#suffix === 'none')
    return [{ kind: isScan ? 'scan' : 'typing', ...burst }]
  }
}
