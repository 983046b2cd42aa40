import { isRest, isValue, namedElement, readNumber, readWord } from './ascii-element.ts'
import { digitsOfTimeStep } from './ascii-time-step.ts'
import { type ElementDraft, type Note, TEXT } from './element.ts'
import { hexNumber, hexOf } from './hex-text.ts'
import { shown } from './hex-walk.ts'
import { manualText } from './manual-text.ts'
import type { Marks } from './marks.ts'

const SPACE = 0x20
const STATION_WORD = 'ST'
const TIME_WORD = 'TT'
/** The step before which a series is one of hours in five-minute values, each behind its name. */
const HOURS = '000000'
const TEN_DIGITS = /^[0-9A-F]{10}$/
const TEXT_ID = hexNumber(TEXT, 2)

/** The words of a body, each with a single space behind it. */
export class AsciiWalk {
  readonly #bytes: Uint8Array
  readonly #hasClass: boolean
  readonly #marks: Marks
  readonly #note: Note | undefined
  /** Where the next word begins. */
  at: number
  /** Set once a time step was found: days, hours, minutes. */
  timeStep: string | undefined

  constructor(bytes: Uint8Array, from: number, hasClass: boolean, marks: Marks, note?: Note) {
    this.#bytes = bytes
    this.at = from
    this.#hasClass = hasClass
    this.#marks = marks
    this.#note = note
  }

  /** The word at `at` without its space; undefined if no space follows it, or another one. */
  word(at: number): string | undefined {
    const to = this.#bytes.indexOf(SPACE, at)
    return to <= at ? undefined : Buffer.from(this.#bytes.subarray(at, to)).toString('latin1')
  }

  /** @returns where it ended */
  walk(isSeries: boolean): number {
    while (this.mark() || this.#timeStep(isSeries) || this.#element());
    return this.at
  }

  /** TT and a time, or ST, a station and its class. */
  mark(): boolean {
    const at = this.at
    const name = this.word(at)
    const said = name === STATION_WORD || name === TIME_WORD ? this.word(at + 3) : undefined
    if (said === undefined || !TEN_DIGITS.test(said)) return false
    const to = at + 3 + said.length + 1
    if (name === TIME_WORD) {
      if (!this.#marks.time(at, said)) return false
      this.#note?.(at, to, 'observation time', said)
      this.at = to
      return true
    }
    const next = this.#hasClass ? this.word(to) : undefined
    const stationClass = next?.length === 1 ? next : undefined
    if (!this.#marks.station(at, said, stationClass)) return false
    this.#note?.(at, to, 'station', said)
    if (stationClass !== undefined) this.#note?.(to, to + 2, 'class', stationClass)
    this.at = stationClass === undefined ? to : to + 2
    return true
  }

  /** A time step, and, but for the one of hours, the names and the rows of values behind it. */
  #timeStep(isSeries: boolean): boolean {
    const at = this.at
    const word = this.word(at)
    const digits = isSeries && word !== undefined && this.#marks.elements.length === 0 ? digitsOfTimeStep(word) : undefined
    if (word === undefined || digits === undefined || this.timeStep !== undefined) return false
    const to = at + word.length + 1
    if (digits !== HOURS) {
      if (!this.#rows(to)) return false
    } else {
      this.at = to
      if (!this.#element()) {
        this.at = at
        return false
      }
    }
    this.timeStep = digits
    this.#note?.(at, to, 'time step', digits)
    return true
  }

  #rows(from: number): boolean {
    let at = from
    const drafts: ElementDraft[] = []
    let word = this.word(at)
    for (let draft = word === undefined ? undefined : namedElement(word); word !== undefined && draft !== undefined; ) {
      drafts.push(draft)
      at += word.length + 1
      word = this.word(at)
      draft = word === undefined || isValue(word) ? undefined : namedElement(word)
    }
    if (drafts.length === 0) return false
    const rows: string[][] = []
    for (let row = this.#row(at, drafts.length); row !== undefined; row = this.#row(at, drafts.length)) {
      rows.push(row)
      at += row.join(' ').length + 1
    }
    drafts.forEach((draft, column) => {
      const words = rows.map((row) => row[column] ?? '')
      readColumn(draft, words)
      this.#marks.add(draft)
    })
    this.#note?.(from, at, 'series', drafts.map((draft) => `${draft.name ?? draft.id} ${shown(draft)}`).join('; '))
    this.at = at
    return true
  }

  /** As many values as there are names; undefined where there are not so many left. */
  #row(from: number, count: number): string[] | undefined {
    const row: string[] = []
    for (let at = from; row.length < count; ) {
      const word = this.word(at)
      if (word === undefined || !isValue(word)) return undefined
      row.push(word)
      at += word.length + 1
    }
    return row
  }

  #element(): boolean {
    const at = this.at
    const name = this.word(at)
    const draft = name === undefined ? undefined : namedElement(name)
    if (name === undefined || draft === undefined) return false
    const from = at + name.length + 1
    if (isRest(draft.id)) this.#rest(draft, from)
    else {
      const word = this.word(from)
      if (word === undefined) return false
      readWord(draft, word)
      this.at = from + word.length + 1
    }
    this.#marks.add(draft)
    this.#note?.(at, this.at, draft.name ?? draft.id, shown(draft))
    return true
  }

  /** Manual text, an image, a flow batch: raw up to the last space. */
  #rest(draft: ElementDraft, from: number): void {
    const end = this.#bytes.length
    const isOpen = end === from || this.#bytes[end - 1] !== SPACE
    const bytes = this.#bytes.subarray(from, isOpen ? end : end - 1)
    const text = draft.id === TEXT_ID ? manualText(bytes) : undefined
    if (text === undefined) draft.hex = hexOf(bytes)
    else draft.text = text
    if (isOpen) draft.isOpen = true
    this.at = end
  }
}

/** One value a row. Those that would be written otherwise, or with other decimals than the first, keep the characters of all. */
function readColumn(draft: ElementDraft, words: readonly string[]): void {
  const values = words.map(readNumber)
  const decimals = values.find((value) => value !== null)?.decimals
  const isPlain = values.every((value) => value === null || (value !== undefined && value.decimals === decimals))
  draft.values = values.map((value) => value ?? null)
  if (decimals !== undefined) draft.decimals = decimals
  if (!isPlain) draft.text = words.join(' ')
}
