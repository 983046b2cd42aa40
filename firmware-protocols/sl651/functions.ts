/** How a body is laid out behind serial, send time and station. */
export type Layout =
  | 'nothing'
  | 'elements'
  | 'series'
  | 'element-ids'
  | 'period'
  | 'parameters'
  | 'parameter-ids'
  | 'version'
  | 'switches'
  | 'gates'
  | 'fixed-quantity'
  | 'events'
  | 'opaque'

/**
 * What a centre owes for what a station sent: `none`; `ack` for a report of its own accord; `answer` nothing but the confirmation that mode M4
 * knows, for it answers a question; `confirm` the second step of a command.
 */
export type Reply = 'none' | 'ack' | 'answer' | 'confirm'

/** What a function code means (SL 651-2014, annex B). */
export interface FunctionInfo {
  readonly use: string
  /** The station's class stands behind its address in what it sends. */
  readonly hasClass: boolean
  readonly reply: Reply
  /** As a command it changes the station or what it drives: only by an explicit, logged path. */
  readonly changesField: boolean
  readonly up: Layout
  readonly down: Layout
}

/** By code. The others below E0 are kept by the standard. */
const FUNCTIONS: Readonly<Record<number, FunctionInfo>> = {
  47: { use: 'heartbeat', hasClass: false, reply: 'none', changesField: false, up: 'nothing', down: 'nothing' },
  48: { use: 'test report', hasClass: true, reply: 'ack', changesField: false, up: 'elements', down: 'nothing' },
  49: { use: 'uniform series', hasClass: true, reply: 'ack', changesField: false, up: 'series', down: 'nothing' },
  50: { use: 'timed report', hasClass: true, reply: 'ack', changesField: false, up: 'elements', down: 'nothing' },
  51: { use: 'extra report', hasClass: true, reply: 'ack', changesField: false, up: 'elements', down: 'nothing' },
  52: { use: 'hourly report', hasClass: true, reply: 'ack', changesField: false, up: 'elements', down: 'nothing' },
  53: { use: 'manual text', hasClass: false, reply: 'ack', changesField: false, up: 'elements', down: 'nothing' },
  54: { use: 'image', hasClass: true, reply: 'ack', changesField: false, up: 'elements', down: 'nothing' },
  55: { use: 'real-time values', hasClass: true, reply: 'answer', changesField: false, up: 'elements', down: 'nothing' },
  56: { use: 'values of a period', hasClass: true, reply: 'answer', changesField: false, up: 'series', down: 'period' },
  57: { use: 'manual text on request', hasClass: false, reply: 'answer', changesField: false, up: 'elements', down: 'nothing' },
  58: { use: 'named elements', hasClass: true, reply: 'answer', changesField: false, up: 'elements', down: 'element-ids' },
  64: {
    use: 'write basic parameters',
    hasClass: false,
    reply: 'confirm',
    changesField: true,
    up: 'parameters',
    down: 'parameters',
  },
  65: {
    use: 'read basic parameters',
    hasClass: false,
    reply: 'answer',
    changesField: false,
    up: 'parameters',
    down: 'parameter-ids',
  },
  66: {
    use: 'write run parameters',
    hasClass: false,
    reply: 'confirm',
    changesField: true,
    up: 'parameters',
    down: 'parameters',
  },
  67: {
    use: 'read run parameters',
    hasClass: false,
    reply: 'answer',
    changesField: false,
    up: 'parameters',
    down: 'parameter-ids',
  },
  68: { use: 'pump motor data', hasClass: true, reply: 'answer', changesField: false, up: 'elements', down: 'nothing' },
  69: { use: 'software version', hasClass: false, reply: 'answer', changesField: false, up: 'version', down: 'nothing' },
  70: { use: 'status and alarms', hasClass: false, reply: 'answer', changesField: false, up: 'elements', down: 'nothing' },
  71: { use: 'clear stored data', hasClass: false, reply: 'confirm', changesField: true, up: 'parameters', down: 'parameters' },
  72: { use: 'factory reset', hasClass: false, reply: 'confirm', changesField: true, up: 'parameters', down: 'parameters' },
  73: { use: 'change password', hasClass: false, reply: 'confirm', changesField: true, up: 'parameters', down: 'parameters' },
  74: { use: 'set clock', hasClass: false, reply: 'confirm', changesField: true, up: 'nothing', down: 'nothing' },
  75: { use: 'IC card state', hasClass: false, reply: 'confirm', changesField: false, up: 'elements', down: 'elements' },
  76: { use: 'pump switches', hasClass: false, reply: 'confirm', changesField: true, up: 'switches', down: 'switches' },
  77: { use: 'valve switches', hasClass: false, reply: 'confirm', changesField: true, up: 'switches', down: 'switches' },
  78: { use: 'gate openings', hasClass: false, reply: 'confirm', changesField: true, up: 'gates', down: 'gates' },
  79: {
    use: 'fixed-quantity control',
    hasClass: false,
    reply: 'confirm',
    changesField: true,
    up: 'fixed-quantity',
    down: 'fixed-quantity',
  },
  80: { use: 'event record', hasClass: false, reply: 'answer', changesField: false, up: 'events', down: 'nothing' },
  81: { use: 'clock', hasClass: false, reply: 'answer', changesField: false, up: 'nothing', down: 'nothing' },
}

const USER_FIRST = 0xe0
const USER: FunctionInfo = {
  use: 'user defined',
  hasClass: false,
  reply: 'answer',
  changesField: true,
  up: 'opaque',
  down: 'opaque',
}

/** What a function code means; undefined for the codes that the standard keeps for itself. What a user's own code does cannot be known. */
export function functionInfo(code: number): FunctionInfo | undefined {
  return code >= USER_FIRST ? USER : FUNCTIONS[code]
}
