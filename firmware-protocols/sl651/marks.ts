import type { Element, ElementDraft, ElementInput } from './element.ts'
import type { Body, MessageInput } from './message.ts'

type Found = { -readonly [Key in keyof Body]: Body[Key] }

/**
 * Whose the elements of a body are and of when, as the marks between them say. Refuses marks that could not be written again from what it
 * keeps; the walk ends there.
 */
export class Marks {
  readonly elements: Element[] = []
  #bodyStation: string | undefined
  #bodyClass: string | undefined
  #isTimeFirst = false
  #time: string | undefined
  #station: string | undefined
  #class: string | undefined
  #again: 'at' | 'station' | undefined
  #isTimeNew = false
  #isStationNew = false
  /** Where the marks begin that no element has followed yet; -1 if there are none. */
  #openAt = -1

  /** An observation time that stands at `at`. @returns whether it is in its place */
  time(at: number, said: string): boolean {
    if (this.#isTimeNew) return false
    if (said === this.#time) this.#again = 'at'
    this.#time = said
    this.#isTimeNew = true
    if (this.#openAt < 0) this.#openAt = at
    return true
  }

  /** A station that stands at `at`, and its class. @returns whether it is in its place */
  station(at: number, said: string, stationClass: string | undefined): boolean {
    if (this.#bodyStation === undefined) {
      if (this.elements.length > 0) return false
      this.#bodyStation = said
      this.#bodyClass = stationClass
      this.#isTimeFirst = this.#isTimeNew
      return true
    }
    const isOutOfPlace = this.#isStationNew || (this.#isTimeNew && !this.#isTimeFirst)
    if (isOutOfPlace || (this.#bodyClass === undefined) !== (stationClass === undefined)) return false
    if (said === (this.#station ?? this.#bodyStation)) this.#again = 'station'
    this.#station = said === this.#bodyStation ? undefined : said
    this.#class = stationClass === this.#bodyClass ? undefined : stationClass
    this.#isStationNew = true
    // A time holds for one station, unless it stands in front of it.
    if (!this.#isTimeFirst) this.#time = undefined
    if (this.#openAt < 0) this.#openAt = at
    return true
  }

  /** Takes an element in, with what the marks before it say. */
  add(draft: ElementDraft): void {
    if (this.#time !== undefined) draft.at = this.#time
    if (this.#station !== undefined) draft.station = this.#station
    if (this.#class !== undefined) draft.class = this.#class
    if (this.#again !== undefined) draft.again = this.#again
    this.elements.push(draft)
    this.#again = undefined
    this.#isTimeNew = false
    this.#isStationNew = false
    this.#openAt = -1
  }

  /** Puts what was found into a body. @returns where its tail begins, the walk having ended at `at` */
  into(body: Found, at: number): number {
    // Marks that nothing follows are in the tail, and with them what they say.
    if (this.#bodyStation !== undefined && !(this.#isTimeFirst && this.elements.length === 0)) {
      body.bodyStation = this.#bodyStation
      if (this.#bodyClass !== undefined) body.class = this.#bodyClass
      if (this.#isTimeFirst) body.isTimeFirst = true
    }
    if (this.elements.length > 0) body.elements = this.elements
    return this.#openAt < 0 ? at : this.#openAt
  }
}

/** What writes the parts of a body in one of the encodings. */
export interface PartWriter {
  station(digits: string, stationClass: string | undefined): void
  time(digits: string): void
  timeStep(digits: string): void
  element(element: ElementInput): void
}

/** The inverse of `Marks`: the elements, and a mark wherever the station or the time is another than that of the element before. */
export function writeMarked(write: PartWriter, message: MessageInput): void {
  const { bodyStation, elements = [], isTimeFirst, timeStep } = message
  let station = bodyStation
  let time: string | undefined
  const timeOf = ({ at, again }: ElementInput): void => {
    if (at !== undefined && (at !== time || again === 'at')) write.time(at)
    time = at
  }
  if (isTimeFirst && elements[0] !== undefined) timeOf(elements[0])
  if (bodyStation !== undefined) write.station(bodyStation, message.class)
  elements.forEach((element, index) => {
    const own = element.station ?? bodyStation
    const isNew = own !== undefined && (own !== station || element.again === 'station')
    if (isNew) time = undefined
    if (!isNew || isTimeFirst) timeOf(element)
    if (isNew) {
      write.station(own, element.class ?? message.class)
      station = own
      if (!isTimeFirst) timeOf(element)
    }
    if (index === 0 && timeStep !== undefined) write.timeStep(timeStep)
    write.element(element)
  })
}
