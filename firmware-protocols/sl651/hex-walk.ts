import {
  type Element,
  type ElementDraft,
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
import { hexNumber, hexOf, refuse } from './hex-text.ts'
import { manualText } from './manual-text.ts'

/** What a walk over the elements of a body finds. */
export interface Elements {
  readonly elements: Element[]
  readonly bodyStation?: string
  readonly class?: string
  readonly timeStep?: string
  /** The observation time stands in front of the station. */
  readonly isTimeFirst?: true
  readonly tail?: string
}

/** A leader twice, and the five bytes of a time or a station. */
export const MARK_BYTES = 7
/** No class of station is written from here on: marks are. */
const CLASS_MAX = 0xef

/**
 * Reads marks and elements up to the end of a body. Where the rule of the definition byte fails, as it does behind ids that vendors made up,
 * nothing behind can be told apart any more: the rest is the tail, from the last mark on that no element follows.
 */
export class ElementWalk {
  readonly #bytes: Uint8Array
  readonly #end: number
  readonly #hasClass: boolean
  readonly #note: Note | undefined
  readonly #elements: Element[] = []
  #at: number
  #bodyStation: string | undefined
  #class: string | undefined
  #timeStep: string | undefined
  #isTimeFirst = false
  /** Where the marks begin that no element has followed yet; -1 if there are none. */
  #marksAt = -1
  #isTimeNew = false
  #isStationNew = false
  #again: 'at' | 'station' | undefined
  #time: string | undefined
  #station: string | undefined
  #stationClass: string | undefined

  constructor(bytes: Uint8Array, from: number, hasClass: boolean, note?: Note) {
    this.#bytes = bytes
    this.#at = from
    this.#end = bytes.length
    this.#hasClass = hasClass
    this.#note = note
  }

  /** @param isSeries the values of one element follow a time step up to the end. */
  walk(isSeries: boolean): Elements {
    while (this.#at < this.#end && (this.#mark() || (isSeries && this.#series()) || this.#element(this.#at, false)));
    // Marks that nothing follows are in the tail, and with them what they say.
    const isBare = this.#isTimeFirst && this.#elements.length === 0
    const tailAt = this.#marksAt < 0 ? this.#at : this.#marksAt
    const found: { -readonly [Key in keyof Elements]: Elements[Key] } = { elements: this.#elements }
    if (this.#bodyStation !== undefined && !isBare) found.bodyStation = this.#bodyStation
    if (this.#class !== undefined && !isBare) found.class = this.#class
    if (this.#timeStep !== undefined) found.timeStep = this.#timeStep
    if (this.#isTimeFirst && !isBare) found.isTimeFirst = true
    if (tailAt < this.#end) found.tail = hexOf(this.#bytes, tailAt, this.#end)
    return found
  }

  /** F0F0 and a time, or F1F1, a station and its class. */
  #mark(): boolean {
    const at = this.#at
    const leader = this.#bytes[at]
    if ((leader !== TIME && leader !== STATION) || this.#bytes[at + 1] !== leader || at + MARK_BYTES > this.#end) return false
    const said = hexOf(this.#bytes, at + 2, at + MARK_BYTES)
    if (leader === STATION) return this.#stationMark(at, said)
    if (this.#isTimeNew) return false
    if (said === this.#time) this.#again = 'at'
    this.#time = said
    this.#isTimeNew = true
    this.#marked(at, at + MARK_BYTES)
    this.#note?.(at, this.#at, 'observation time', said)
    return true
  }

  #stationMark(at: number, said: string): boolean {
    const byte = this.#bytes[at + MARK_BYTES] ?? CLASS_MAX + 1
    const stationClass = this.#hasClass && byte <= CLASS_MAX ? classOf(byte) : undefined
    const to = at + MARK_BYTES + (stationClass === undefined ? 0 : 1)
    if (this.#bodyStation === undefined) {
      if (this.#elements.length > 0) return false
      this.#bodyStation = said
      this.#class = stationClass
      this.#isTimeFirst = this.#isTimeNew
      this.#at = to
    } else {
      const isOutOfPlace = this.#isStationNew || (this.#isTimeNew && !this.#isTimeFirst)
      if (isOutOfPlace || (this.#class === undefined) !== (stationClass === undefined)) return false
      if (said === (this.#station ?? this.#bodyStation)) this.#again = 'station'
      this.#station = said === this.#bodyStation ? undefined : said
      this.#stationClass = stationClass === this.#class ? undefined : stationClass
      this.#isStationNew = true
      // A time holds for one station, unless it stands in front of it.
      if (!this.#isTimeFirst) this.#time = undefined
      this.#marked(at, to)
    }
    this.#note?.(at, at + MARK_BYTES, 'station', said)
    if (stationClass !== undefined) this.#note?.(at + MARK_BYTES, to, 'class', stationClass)
    return true
  }

  #marked(at: number, to: number): void {
    if (this.#marksAt < 0) this.#marksAt = at
    this.#at = to
  }

  /** A time step, and all the values of the element behind it. */
  #series(): boolean {
    const at = this.#at
    if (this.#bytes[at] !== TIME_STEP || this.#bytes[at + 1] !== TIME_STEP_DEFINITION || this.#elements.length > 0) return false
    const timeStep = hexOf(this.#bytes, at + 2, at + 5)
    this.#note?.(at, at + 5, 'time step', timeStep)
    if (this.#element(at + 5, true)) this.#timeStep = timeStep
    return this.#timeStep !== undefined
  }

  #element(at: number, isSeries: boolean): boolean {
    const bytes = this.#bytes
    const leader = bytes[at] ?? 0
    if (isToTheEnd(leader)) return bytes[at + 1] === secondOf(leader) && this.#toTheEnd(at, leader)
    const isUser = leader === USER
    const info = elementInfo(leader)
    const from = at + (isUser ? 3 : 2)
    const definition = bytes[from - 1]
    if ((info === undefined && !isUser) || definition === undefined) return false
    const size = definition >> 3
    const to = from + (isSeries && size > 0 ? size * Math.floor((this.#end - from) / size) : size)
    if (to > this.#end) return false
    const draft: ElementDraft =
      info === undefined ? { id: hexOf(bytes, at, at + 2) } : { id: info.id, name: info.name, unit: info.unit }
    draft.def = hexOf(bytes, from - 1, from)
    readValue(draft, leader, definition, bytes, from, to, isSeries)
    return this.#found(draft, at, to)
  }

  /** Manual text, an image, a flow batch: nothing tells their length. */
  #toTheEnd(at: number, leader: number): boolean {
    const info = elementInfo(leader)
    const draft: ElementDraft = { id: hexOf(this.#bytes, at, at + 1), name: info?.name ?? '', unit: '' }
    const text = leader === TEXT ? manualText(this.#bytes.subarray(at + 2)) : undefined
    if (text === undefined) draft.hex = hexOf(this.#bytes, at + 2)
    else draft.text = text
    return this.#found(draft, at, this.#end)
  }

  #found(draft: ElementDraft, at: number, to: number): true {
    if (this.#time !== undefined) draft.at = this.#time
    if (this.#station !== undefined) draft.station = this.#station
    if (this.#stationClass !== undefined) draft.class = this.#stationClass
    if (this.#again !== undefined) draft.again = this.#again
    this.#elements.push(draft)
    this.#note?.(at, to, draft.name ?? draft.id, shown(draft))
    this.#marksAt = -1
    this.#isTimeNew = false
    this.#isStationNew = false
    this.#again = undefined
    this.#at = to
    return true
  }
}

/** A letter where the byte is one, or else its two hex digits. */
export function classOf(byte: number): string {
  return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : hexNumber(byte, 2)
}

/** The inverse of `classOf`. */
export function byteOfClass(text: string): number {
  const byte = text.length === 1 ? text.charCodeAt(0) : Number.parseInt(text, 16)
  if (!(byte <= CLASS_MAX) || classOf(byte) !== text) refuse(`expected a class of one letter or two hex digits, got "${text}"`)
  return byte
}

/** What an element says, for a person. */
export function shown(element: Element): string {
  const { unit = '', value, values } = element
  if (value !== undefined) return value === null ? 'none' : `${value} ${unit}`.trim()
  return values === undefined
    ? (element.text ?? element.hex ?? '')
    : `${values.map((one) => one ?? 'none').join(', ')} ${unit}`.trim()
}
