import type { Element, ElementInput } from './element.ts'
import type { EventCounts } from './event-record.ts'
import type { Envelope } from './frame.ts'
import type { Gate } from './gates.ts'
import type { Parameter, ParameterInput } from './parameters.ts'

/** What a body says (SL 651-2014, 6.6). Which parts it has goes by its function and direction, see `functionInfo`. */
export interface Body {
  /** 1..65535, the same in a resent frame and in the answer to it; 0 in what a centre asks. Absent behind the first of several packets. */
  readonly serial?: number
  /** YYMMDDHHmmSS of the sender's clock, see `stationTime`. */
  readonly sendTime?: string
  /** The station that the body names behind F1F1; absent where it names none. A relay's report names others than its own header does. */
  readonly bodyStation?: string
  /** Class of that station: P rain, H river, K reservoir or lake, Z gate, D pump, T tide, M soil, G groundwater, Q quality, I intake, O outlet. */
  readonly class?: string
  /** The time stands in front of the station, against the standard. */
  readonly isTimeFirst?: true
  /** Days, hours, minutes of a series, two digits each; 000000 stands for groups of one hour. */
  readonly timeStep?: string
  readonly elements?: readonly Element[]
  readonly parameters?: readonly Parameter[]
  /** The ids that are asked for, with their definition bytes: `3923`. */
  readonly query?: readonly string[]
  /** What a centre asks for: YYMMDDHH. */
  readonly period?: { readonly from: string; readonly to: string }
  /** Software version. */
  readonly version?: string
  readonly events?: EventCounts
  /** Pumps or valves from the first on, true for on or open; eight a byte. */
  readonly switches?: readonly boolean[]
  readonly gates?: readonly Gate[]
  /** Fixed-quantity control. */
  readonly isFixedQuantity?: boolean
  /** A later packet of several, or the whole body of a user's function: hex. */
  readonly data?: string
  /** What stands behind the last part that could be told apart: hex. */
  readonly tail?: string
}

/** A whole frame, understood. */
export interface Message extends Envelope, Body {}

/** The same with numbers as JSON has them, for encoding; HEX if it does not say otherwise. */
export type MessageInput = Omit<Message, 'encoding' | 'elements' | 'parameters' | 'gates'> & {
  readonly encoding?: Message['encoding']
  readonly elements?: readonly ElementInput[]
  readonly parameters?: readonly ParameterInput[]
  readonly gates?: readonly Gate[]
}

/** Whose an element is. */
export function stationOf(message: Message, element: Element): string {
  return element.station ?? message.bodyStation ?? message.station
}
