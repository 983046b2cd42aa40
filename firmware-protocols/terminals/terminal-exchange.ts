import { encodeTerminal } from './terminal.ts'
import type { TerminalAnswer, TerminalRequest } from './terminal-message.ts'

/** A broadcast is forgotten after this time, so that its sequence can be used again. */
export const BROADCAST_MEMORY_MS = 5_000
export const ADDRESS_ALL = 0
/** What may be said to all terminals at once. */
const BROADCASTS: readonly string[] = ['show', 'clear', 'call', 'brightness', 'lamp', 'buzzer', 'cancel']
/** Whoever is alone on the line. */
export const ADDRESS_ANY = 255

/**
 * The terminal's half of an exchange: a request that is repeated is answered again and not carried out again, and nothing is carried out
 * before the first hello. Frames of other versions or of unknown types are answered before they come here.
 */
export class TerminalReplies {
  readonly #address: number
  #isGreeted = false
  #last: { readonly sequence: number; readonly answer: Uint8Array } | undefined
  #broadcast: { readonly sequence: number; readonly at: number } | undefined

  /** @param address the terminal's own, 1..254 */
  constructor(address: number) {
    this.#address = address
  }

  /**
   * @param act carries the request out and says its answer; is not called for a repeated one
   * @param at ms
   * @returns the frame to send; undefined where the terminal has to be silent
   */
  receive(request: TerminalRequest, act: (request: TerminalRequest) => ReplyBody, at: number): Uint8Array | undefined {
    if (request.address === ADDRESS_ALL) this.#hear(request, act, at)
    if (request.address !== this.#address && request.address !== ADDRESS_ANY) return undefined
    if (this.#last?.sequence === request.sequence && request.type !== 'hello') return this.#last.answer
    if (request.type === 'hello') {
      this.#isGreeted = true
      this.#broadcast = undefined
    }
    const { sequence } = request
    const body: ReplyBody = this.#isGreeted ? act(request) : { type: 'error', code: 'hello-first', detail: 0 }
    const answer = encodeTerminal({ version: 1, address: this.#address, sequence, ...body })
    // A hello starts the numbering anew: whatever comes next is new.
    this.#last = request.type === 'hello' ? undefined : { sequence, answer }
    return answer
  }

  #hear(request: TerminalRequest, act: (request: TerminalRequest) => ReplyBody, at: number): void {
    const isRepeated = this.#broadcast?.sequence === request.sequence && at - this.#broadcast.at < BROADCAST_MEMORY_MS
    if (isRepeated || !this.#isGreeted || !BROADCASTS.includes(request.type)) return
    this.#broadcast = { sequence: request.sequence, at }
    act(request)
  }
}

/** An answer without its header. */
export type ReplyBody = WithoutHeader<TerminalAnswer>
type WithoutHeader<T> = T extends unknown ? Omit<T, 'version' | 'address' | 'sequence' | 'extra'> : never

/**
 * The host's half, one for each terminal: numbers requests, and knows an event that it has already taken. One request at a time: repeat it
 * unchanged until it is answered, or give up and begin again with a hello.
 */
export class TerminalRequests {
  #sequence = 0
  #received = 0
  #boot: number | undefined

  /** Number of the last event that was taken, for the next poll; 0 for none. */
  get received(): number {
    return this.#received
  }

  /** The sequence of a new request. */
  next(): number {
    this.#sequence = (this.#sequence + 1) & 0xff
    return this.#sequence
  }

  /** Takes what a hello was answered: a terminal that has started again numbers its events anew. */
  greet(boot: number): void {
    if (boot !== this.#boot) this.#received = 0
    this.#boot = boot
  }

  /** @returns whether the event of this number is new; the next poll tells the terminal that it was taken */
  take(number: number): boolean {
    const isNew = number !== this.#received
    this.#received = number
    return isNew
  }
}
