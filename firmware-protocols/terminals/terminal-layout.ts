import {
  KEY_ACTIONS,
  LAMP_COLOURS,
  RATING_OUTCOMES,
  TERMINAL_CHARSETS,
  TERMINAL_ERRORS,
  TERMINAL_FAULTS,
  TERMINAL_FEATURES,
  TERMINAL_KINDS,
  TERMINAL_STATES,
  type TerminalHeader,
  type TerminalMessage,
} from './terminal-message.ts'
import { bits, choice, integer, type Part, percent, text, texts } from './terminal-part.ts'

export type TerminalType = TerminalMessage['type']
type Body<T extends TerminalType> = Omit<Extract<TerminalMessage, { type: T }>, keyof TerminalHeader | 'type'>
type Layouts = {
  readonly [T in TerminalType]: {
    /** The type byte. */
    readonly code: number
    /** Fields in the order of their bytes. */
    readonly parts: { readonly [K in keyof Body<T>]: Part<Body<T>[K]> }
  }
}

/** Answers have this bit. */
export const ANSWER_BIT = 0x80

const window = integer(2)
const ticket = text(16)
const session = integer(4, 1)
const number = integer(1, 1)
const waiting = integer(1)
const seconds = integer(1)
const state = bits(1, TERMINAL_STATES)
const faults = bits(2, TERMINAL_FAULTS)

/** The payload of every message: the tables of docs/terminal-protocol.md. */
export const TERMINAL_LAYOUTS: Layouts = {
  hello: { code: 0x01, parts: {} },
  poll: { code: 0x02, parts: { received: integer(1) } },
  status: { code: 0x03, parts: {} },
  show: { code: 0x10, parts: { window, seconds, ticket, lines: texts(4, 48) } },
  clear: { code: 0x11, parts: {} },
  call: { code: 0x12, parts: { window, ticket, repeat: integer(1, 1, 5), language: text(8) } },
  brightness: { code: 0x13, parts: { percent: percent() } },
  lamp: { code: 0x14, parts: { lamp: integer(1, 1, 8), colour: choice(LAMP_COLOURS), blink: integer(1), seconds } },
  buzzer: { code: 0x15, parts: { count: integer(1, 1, 10), on: integer(1, 1), off: integer(1) } },
  rate: { code: 0x20, parts: { session, seconds: integer(1, 5), prompt: text(48) } },
  cancel: { code: 0x21, parts: { session } },

  done: { code: 0x80, parts: {} },
  identity: {
    code: 0x81,
    parts: {
      highest: integer(1, 1),
      kind: choice(TERMINAL_KINDS),
      features: bits(2, TERMINAL_FEATURES),
      charsets: bits(1, TERMINAL_CHARSETS),
      lines: integer(1),
      columns: integer(1),
      boot: integer(2),
      serial: integer(4),
      model: text(24),
      firmware: text(16),
    },
  },
  idle: { code: 0x82, parts: { state } },
  state: {
    code: 0x83,
    parts: { state, faults, uptime: integer(4), badFrames: integer(2), lostEvents: integer(2), brightness: percent() },
  },
  key: { code: 0xc1, parts: { number, waiting, key: integer(1, 1), action: choice(KEY_ACTIONS) } },
  rating: { code: 0xc2, parts: { number, waiting, session, outcome: choice(RATING_OUTCOMES), grade: integer(1, 0, 5) } },
  called: { code: 0xc3, parts: { number, waiting, window, ticket } },
  fault: { code: 0xc4, parts: { number, waiting, faults } },
  error: { code: 0xff, parts: { code: choice(TERMINAL_ERRORS), detail: integer(1) } },
}
