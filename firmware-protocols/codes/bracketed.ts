import { type Gs1Element, type Gs1ElementData, readElement } from './element.ts'
import { expectConsistent } from './element-string.ts'
import { malformed } from './text.ts'

/**
 * Reads elements as they are printed for people: `(01)12312312312333(10)ABC`. A bracket that belongs to the data is written `\(`.
 * @throws ProtocolError `malformed`, `checksum`, `unsupported` (an identifier that is not known)
 */
export function readBracketed(text: string): Gs1Element[] {
  if (!/^(?:\(\d{2,4}\)(?:[^\\()]|\\\(|\))*)+$/.test(text)) malformed(`(01)…(10)…, got ${JSON.stringify(text)}`, text)
  const elements = Array.from(text.matchAll(/\((\d{2,4})\)((?:[^\\()]|\\\(|\))*)/g), ([, ai = '', data = '']) =>
    readElement(ai, data.replaceAll('\\(', '(')),
  )
  expectConsistent(elements)
  return elements
}

/** The inverse. */
export function writeBracketed(elements: readonly Gs1ElementData[]): string {
  return elements.map(({ ai, value }) => `(${ai})${value.replaceAll('(', '\\(')}`).join('')
}
