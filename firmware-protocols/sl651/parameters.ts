import type { ByteWriter } from './byte-writer.ts'
import type { Note } from './element.ts'
import { bytesOfHex, hexOf, refuse } from './hex-text.ts'

/** One parameter of a station (SL 651-2014, annex D). */
export interface Parameter {
  /** Two hex digits. */
  readonly id: string
  /** The definition byte, two hex digits. HEX frames only. */
  readonly def?: string
  /** Its bytes; of the card, parameter 0F, the characters that they are. */
  readonly hex?: string
  /** The characters of an ASCII frame. */
  readonly text?: string
}

export type ParameterInput = Parameter

const CARD = 0x0f

/** Reads parameters up to the end. @returns where it had to stop */
export function readParameters(
  bytes: Uint8Array,
  from: number,
  note?: Note,
): { readonly parameters: Parameter[]; readonly at: number } {
  const parameters: Parameter[] = []
  let at = from
  while (at + 2 <= bytes.length) {
    const id = bytes[at] ?? 0
    const to = at + 2 + ((bytes[at + 1] ?? 0) >> 3)
    if (to > bytes.length) break
    const parameter = {
      id: hexOf(bytes, at, at + 1),
      def: hexOf(bytes, at + 1, at + 2),
      hex: id === CARD ? cardText(bytes, at + 2, to) : hexOf(bytes, at + 2, to),
    }
    parameters.push(parameter)
    note?.(at, to, parameter.id, parameter.hex)
    at = to
  }
  return { parameters, at }
}

export function writeParameter(writer: ByteWriter, parameter: ParameterInput): void {
  const { id, def = '', hex = '' } = parameter
  const definition = bytesOfHex(def)[0] ?? 0
  const size = definition >> 3
  const bytes = id === '0F' && hex.length === size ? Buffer.from(hex, 'latin1') : bytesOfHex(hex)
  if (bytes.length !== size) refuse(`expected ${size} bytes of parameter ${id}, got ${bytes.length}`)
  writer.put(bytesOfHex(id))
  writer.byte(definition)
  writer.put(bytes)
}

/** Its characters, as long as all of them can be printed. */
function cardText(bytes: Uint8Array, from: number, to: number): string {
  const isText = bytes.subarray(from, to).every((byte) => byte > 0x20 && byte < 0x7f)
  return isText ? Buffer.from(bytes.subarray(from, to)).toString('latin1') : hexOf(bytes, from, to)
}
