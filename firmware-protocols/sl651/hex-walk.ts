import {
  type Element,
  type ElementDraft,
  FREE_MAX,
  type Note,
  STATION,
  TEXT,
  TIME,
  TIME_STEP,
  TIME_STEP_DEFINITION,
  USER,
} from './element.ts'
import { elementInfo } from './element-table.ts'
import { isToTheEnd, readValue, secondOf } from './hex-element.ts'
import { MARK_BYTES, TIME_STEP_BYTES } from './hex-marks.ts'
import { hexOf } from './hex-text.ts'
import { manualText } from './manual-text.ts'
import type { Marks } from './marks.ts'
import { CLASS_MAX, classOf } from './station-class.ts'

/** A free one that is longer is not believed. */
const FREE_BYTES_MAX = 7

/**
 * Reads marks and elements up to the end of a body. Where the rule of the definition byte fails, as it does behind ids that vendors made up,
 * nothing behind can be told apart any more, and the walk ends.
 */
export class HexWalk {
  readonly #bytes: Uint8Array
  readonly #end: number
  readonly #hasClass: boolean
  readonly #marks: Marks
  readonly #note: Note | undefined
  #at: number
  /** Set once a series was found: days, hours, minutes. */
  timeStep: string | undefined

  constructor(bytes: Uint8Array, from: number, hasClass: boolean, marks: Marks, note?: Note) {
    this.#bytes = bytes
    this.#at = from
    this.#end = bytes.length
    this.#hasClass = hasClass
    this.#marks = marks
    this.#note = note
  }

  /**
   * @param isSeries the values of one element follow a time step up to the end
   * @returns where it ended
   */
  walk(isSeries: boolean): number {
    while (this.#at < this.#end && (this.#mark() || (isSeries && this.#series()) || this.#element(this.#at, false)));
    return this.#at
  }

  /** F0F0 and a time, or F1F1, a station and its class. */
  #mark(): boolean {
    const at = this.#at
    const leader = this.#bytes[at]
    const to = at + MARK_BYTES
    if ((leader !== TIME && leader !== STATION) || this.#bytes[at + 1] !== leader || to > this.#end) return false
    const said = hexOf(this.#bytes, at + 2, to)
    if (leader === TIME) {
      if (!this.#marks.time(at, said)) return false
      this.#note?.(at, to, 'observation time', said)
      this.#at = to
      return true
    }
    const byte = this.#bytes[to] ?? CLASS_MAX + 1
    const stationClass = this.#hasClass && byte <= CLASS_MAX ? classOf(byte) : undefined
    if (!this.#marks.station(at, said, stationClass)) return false
    this.#note?.(at, to, 'station', said)
    if (stationClass !== undefined) this.#note?.(to, to + 1, 'class', stationClass)
    this.#at = stationClass === undefined ? to : to + 1
    return true
  }

  /** A time step, and all the values of the element behind it. */
  #series(): boolean {
    const at = this.#at
    const to = at + TIME_STEP_BYTES
    if (this.#bytes[at] !== TIME_STEP || this.#bytes[at + 1] !== TIME_STEP_DEFINITION || this.#marks.elements.length > 0)
      return false
    if (!this.#element(to, true)) return false
    this.timeStep = hexOf(this.#bytes, at + 2, to)
    this.#note?.(at, to, 'time step', this.timeStep)
    return true
  }

  #element(at: number, isSeries: boolean): boolean {
    const bytes = this.#bytes
    const leader = bytes[at] ?? 0
    if (isToTheEnd(leader)) return bytes[at + 1] === secondOf(leader) && this.#toTheEnd(at, leader)
    const isUser = leader === USER
    const info = elementInfo(leader)
    const from = at + (isUser ? 3 : 2)
    const definition = bytes[from - 1]
    if (definition === undefined || (info === undefined && !isUser && leader > FREE_MAX)) return false
    const size = definition >> 3
    const to = from + (isSeries && size > 0 ? size * Math.floor((this.#end - from) / size) : size)
    if (to > this.#end) return false
    const draft: ElementDraft =
      info === undefined ? { id: hexOf(bytes, at, from - 1) } : { id: info.id, name: info.name, unit: info.unit }
    draft.def = hexOf(bytes, from - 1, from)
    readValue(draft, leader, definition, bytes, from, to, isSeries)
    // An id without a meaning is one only if all that follows from it is sound.
    if (info === undefined && !isUser && (definition === leader || size > FREE_BYTES_MAX || draft.hex !== undefined)) return false
    this.#found(draft, at, to)
    return true
  }

  /** Manual text, an image, a flow batch: nothing tells their length. */
  #toTheEnd(at: number, leader: number): true {
    const info = elementInfo(leader)
    const draft: ElementDraft = { id: hexOf(this.#bytes, at, at + 1), name: info?.name ?? '', unit: '' }
    const text = leader === TEXT ? manualText(this.#bytes.subarray(at + 2)) : undefined
    if (text === undefined) draft.hex = hexOf(this.#bytes, at + 2)
    else draft.text = text
    this.#found(draft, at, this.#end)
    return true
  }

  #found(draft: ElementDraft, at: number, to: number): void {
    this.#marks.add(draft)
    this.#note?.(at, to, draft.name ?? draft.id, shown(draft))
    this.#at = to
  }
}

/** What an element says, for a person. */
export function shown({ unit = '', value, values, text, hex = '' }: Element): string {
  if (value !== undefined) return value === null ? 'none' : `${value} ${unit}`.trim()
  return values === undefined ? (text ?? hex) : `${values.map((one) => one ?? 'none').join(', ')} ${unit}`.trim()
}
