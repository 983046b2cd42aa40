import { Decimal } from '#protocols/decimal'
import { type ElementDraft, type ElementInput, RAIN_SERIES, STAGE_SERIES_LAST, STATUS, TIME_STEP, USER } from './element.ts'
import { elementInfo, leaderOfAscii } from './element-table.ts'
import { isToTheEnd } from './hex-element.ts'
import { bytesOfHex, hexNumber, hexOf, refuse } from './hex-text.ts'
import { binaryValue, setBinary } from './number.ts'
import { stationStatus, statusWord } from './status-word.ts'

/** A value that the station has not. */
export const MISSING = 'M'
const VALUE = /^-?\d+(\.\d+)?$/
const HEX = /^([0-9A-F]{2})+$/
/** Ids of a user keep their hex digits. */
const USER_ID = /^FF[0-9A-F]{2}$/

/** An element of that name, its value still missing; undefined where no element is called so. */
export function namedElement(name: string): ElementDraft | undefined {
  if (USER_ID.test(name)) return { id: name }
  const leader = leaderOfAscii(name)
  const info = elementInfo(leader)
  return info === undefined || leader === TIME_STEP ? undefined : { id: info.id, name: info.name, unit: info.unit }
}

/** What an element is called. @throws ProtocolError `malformed` for an id that has no name */
export function nameOf(id: string): string {
  if (USER_ID.test(id)) return id
  const info = id.length === 2 ? elementInfo(bytesOfHex(id)[0] ?? 0) : undefined
  return info?.ascii ?? refuse(`expected an element of the table, or FF and two digits, got "${id}"`)
}

/** Whether a word is a value in a row of a series. */
export function isValue(word: string): boolean {
  return word === MISSING || VALUE.test(word)
}

/** Puts into `draft` what one word says. Words that `valueText` would not write again keep their characters. */
export function readWord(draft: ElementDraft, word: string): void {
  const leader = leaderOf(draft.id)
  const step = stepOf(leader)
  if (step > 0 && HEX.test(word) && word.length % (step * 2) === 0) {
    const bytes = bytesOfHex(word)
    draft.values = Array.from({ length: bytes.length / step }, (_, index) =>
      binaryValue(bytes, index * step, step, step === 1 ? 1 : 2),
    )
    return
  }
  if (leader === STATUS && HEX.test(word) && word.length === 8) {
    draft.hex = word
    draft.status = stationStatus(Number.parseInt(word, 16))
    return
  }
  const value = step > 0 || leader === STATUS ? undefined : readNumber(word)
  if (value === undefined) draft.text = word
  else {
    draft.value = value
    if (value !== null) draft.decimals = value.decimals
  }
}

/** @returns null for a missing value, undefined for what would not be written the same again */
export function readNumber(word: string): Decimal | null | undefined {
  if (word === MISSING) return null
  const value = VALUE.test(word) ? Decimal.parse(word) : undefined
  return value?.toString() === word ? value : undefined
}

/** The word that an element is written as. @throws ProtocolError `malformed` for one that has no value */
export function wordOf(element: ElementInput): string {
  const { id, text, hex, status, value, values, decimals } = element
  if (text !== undefined) return isWord(text) ? text : refuse(`expected a text without a space for element ${id}, got "${text}"`)
  if (hex !== undefined) return hex.toUpperCase()
  if (status !== undefined) return hexNumber(statusWord(status), 8)
  const step = stepOf(leaderOf(id))
  if (values !== undefined && step > 0) {
    const bytes = new Uint8Array(values.length * step)
    for (const [index, one] of values.entries()) setBinary(bytes, index * step, step, one, step === 1 ? 1 : 2)
    return hexOf(bytes)
  }
  return value === undefined
    ? refuse(`expected a value of element ${id}`)
    : valueText(value, decimals ?? elementInfo(leaderOf(id))?.decimals)
}

/** @param decimals how many to write of a number that does not say it itself */
export function valueText(value: Decimal | number | null, decimals: number | undefined): string {
  if (value === null) return MISSING
  if (value instanceof Decimal) return value.toString()
  try {
    return Decimal.of(value, decimals).toString()
  } catch (error) {
    return refuse(error instanceof Error ? error.message : '')
  }
}

/** Whether the rest of the body, spaces and all, is its value. */
export function isRest(id: string): boolean {
  return isToTheEnd(leaderOf(id))
}

/** Bytes a value of the five-minute elements; 0 for all others. */
function stepOf(leader: number): number {
  if (leader === RAIN_SERIES) return 1
  return leader > RAIN_SERIES && leader <= STAGE_SERIES_LAST ? 2 : 0
}

function leaderOf(id: string): number {
  return id.length === 2 ? Number.parseInt(id, 16) : USER
}

function isWord(text: string): boolean {
  return text !== '' && !text.includes(' ')
}
