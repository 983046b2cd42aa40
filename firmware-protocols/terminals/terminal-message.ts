/** What a terminal is. */
export const TERMINAL_KINDS = ['other', 'window-display', 'hall-display', 'caller', 'rating-keypad', 'counter-unit'] as const
/** What a terminal can do, bit 0 first. */
export const TERMINAL_FEATURES = ['show', 'call', 'brightness', 'lamp', 'buzzer', 'rate', 'keys'] as const
/** Which characters a terminal can draw, bit 0 first; on the line all text is UTF-8. */
export const TERMINAL_CHARSETS = ['ascii', 'gb2312', 'gb18030', 'bmp'] as const
/** What a terminal is doing, bit 0 first. */
export const TERMINAL_STATES = ['session-open', 'speaking', 'fault', 'events-lost'] as const
/** What is broken, bit 0 first. */
export const TERMINAL_FAULTS = [
  'display',
  'speaker',
  'key-stuck',
  'lamp',
  'memory',
  'supply',
  'temperature',
  'light-sensor',
] as const
export const LAMP_COLOURS = ['off', 'red', 'green', 'yellow', 'blue', 'white'] as const
export const KEY_ACTIONS = ['pressed', 'held'] as const
export const RATING_OUTCOMES = ['given', 'timeout', 'cancelled'] as const
/** Why a terminal did not do what it was asked; 0 is no error. */
export const TERMINAL_ERRORS = [
  'none',
  'unknown-type',
  'bad-payload',
  'out-of-range',
  'busy',
  'no-such-feature',
  'version',
  'hello-first',
  'hardware',
] as const

/** In every message. */
export interface TerminalHeader {
  readonly version: 1
  /** 0..255; see `TerminalFrame`. */
  readonly address: number
  readonly sequence: number
  /** Bytes behind the fields that this version knows, hex; of a later revision. */
  readonly extra?: string
}

/** What the host asks. */
export type TerminalRequest = TerminalHeader & RequestBody
/** What a terminal answers, with the address of its own and the sequence of the request. */
export type TerminalAnswer = TerminalHeader & AnswerBody
export type TerminalMessage = TerminalRequest | TerminalAnswer

type RequestBody =
  /** Who are you? Starts both numberings anew. */
  | { readonly type: 'hello' }
  /** Has anything happened? `received`: number of the last event that was taken, 0 for none. */
  | { readonly type: 'poll'; readonly received: number }
  | { readonly type: 'status' }
  /** Shows a window's ticket and text, for so many seconds (0: until the next). */
  | {
      readonly type: 'show'
      readonly window: number
      readonly seconds: number
      readonly ticket: string
      readonly lines: readonly string[]
    }
  | { readonly type: 'clear' }
  /** Announces a ticket to a window, `repeat` times, in a language (`zh`, `en`, …). */
  | {
      readonly type: 'call'
      readonly window: number
      readonly ticket: string
      readonly repeat: number
      readonly language: string
    }
  /** 0..100, or 255 for automatic. */
  | { readonly type: 'brightness'; readonly percent: number }
  /** `blink`: half a period in 10 ms, 0 steady. `seconds`: 0 until changed. */
  | {
      readonly type: 'lamp'
      readonly lamp: number
      readonly colour: (typeof LAMP_COLOURS)[number]
      readonly blink: number
      readonly seconds: number
    }
  /** `count` sounds, lengths in 10 ms. */
  | { readonly type: 'buzzer'; readonly count: number; readonly on: number; readonly off: number }
  /** Opens a rating session for so many seconds. */
  | { readonly type: 'rate'; readonly session: number; readonly seconds: number; readonly prompt: string }
  | { readonly type: 'cancel'; readonly session: number }

type AnswerBody =
  /** The command was taken. */
  | { readonly type: 'done' }
  | {
      readonly type: 'identity'
      /** Highest version that the terminal speaks. */
      readonly highest: number
      readonly kind: (typeof TERMINAL_KINDS)[number]
      readonly features: readonly string[]
      readonly charsets: readonly string[]
      /** Size of its display in lines and in columns of ASCII; 0 without one. */
      readonly lines: number
      readonly columns: number
      /** Another number after every start of the terminal. */
      readonly boot: number
      readonly serial: number
      readonly model: string
      readonly firmware: string
    }
  /** No event waits. */
  | { readonly type: 'idle'; readonly state: readonly string[] }
  | {
      readonly type: 'state'
      readonly state: readonly string[]
      readonly faults: readonly string[]
      /** Seconds since its start. */
      readonly uptime: number
      /** Frames that it received with a wrong CRC, and events that it had to drop, since its start; 65535 stands for more. */
      readonly badFrames: number
      readonly lostEvents: number
      readonly brightness: number
    }
  | { readonly type: 'error'; readonly code: (typeof TERMINAL_ERRORS)[number]; readonly detail: number }
  | (EventHeader & { readonly type: 'key'; readonly key: number; readonly action: (typeof KEY_ACTIONS)[number] })
  | (EventHeader & {
      readonly type: 'rating'
      readonly session: number
      readonly outcome: (typeof RATING_OUTCOMES)[number]
      /** 5 very satisfied, 4 satisfied, 3 basically satisfied, 2 dissatisfied, 1 very dissatisfied; 0 where none was given. */
      readonly grade: number
    })
  /** A call was announced as often as was asked. */
  | (EventHeader & { readonly type: 'called'; readonly window: number; readonly ticket: string })
  | (EventHeader & { readonly type: 'fault'; readonly faults: readonly string[] })

/** Of an event, which answers a poll. */
interface EventHeader {
  /** 1..255, then 1 again. */
  readonly number: number
  /** Events that wait behind it. */
  readonly waiting: number
}
