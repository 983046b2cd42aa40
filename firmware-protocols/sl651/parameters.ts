import type { Decimal } from '#protocols/decimal'
import type { ByteWriter } from './byte-writer.ts'
import type { Note } from './element.ts'
import { bytesOfHex, hexOf, refuse } from './hex-text.ts'
import { bcdValue, setBcd } from './number.ts'
import { CARD, type ParameterMeaning, parameterMeaning, RELAYS } from './parameter-meaning.ts'
import { parameterInfo } from './parameter-table.ts'

/** One parameter of a station (SL 651-2014, annex D). */
export interface Parameter {
  /** Two hex digits. */
  readonly id: string
  /** Absent for one that the standard has not. */
  readonly name?: string
  /** '' for what has none. */
  readonly unit?: string
  /** The definition byte, two hex digits. HEX frames only. */
  readonly def?: string
  /** Its bytes; of the card, parameter 0F, the characters that they are. `encode` takes them before `value`. */
  readonly hex?: string
  /** Where it is a number. */
  readonly value?: Decimal | null
  /** Where it is none, and the standard says what it is. */
  readonly means?: ParameterMeaning
  /** The characters of an ASCII frame. */
  readonly text?: string
}

/** The same with its value as JSON has it, for encoding. */
export type ParameterInput = Omit<Parameter, 'value' | 'means'> & { readonly value?: Decimal | number | null }

/** Addresses and passwords are digits, and the first parameters no numbers. */
const NUMBER_FIRST = 0x20

/** Reads parameters up to the end. @returns where it had to stop */
export function readParameters(
  bytes: Uint8Array,
  from: number,
  note?: Note,
): { readonly parameters: readonly Parameter[]; readonly at: number } {
  const parameters: Parameter[] = []
  let at = from
  while (at + 2 <= bytes.length) {
    const id = bytes[at] ?? 0
    const definition = bytes[at + 1] ?? 0
    const to = at + 2 + sizeOf(id, definition)
    if (to > bytes.length) break
    const parameter = parameterOf(id, definition, bytes.subarray(at + 2, to))
    parameters.push(parameter)
    note?.(
      at,
      to,
      parameter.name ?? parameter.id,
      parameter.value ? `${parameter.value} ${parameter.unit}`.trim() : (parameter.hex ?? ''),
    )
    at = to
  }
  return { parameters, at }
}

function parameterOf(id: number, definition: number, bytes: Uint8Array): Parameter {
  const value = id >= NUMBER_FIRST && bytes.length > 0 ? bcdValue(bytes, 0, bytes.length, definition & 7) : undefined
  const means = parameterMeaning(id, bytes)
  return {
    id: hexOf(Uint8Array.of(id)),
    ...parameterInfo(id),
    def: hexOf(Uint8Array.of(definition)),
    hex: id === CARD ? cardText(bytes) : hexOf(bytes),
    ...(value !== undefined && { value }),
    ...(means !== undefined && { means }),
  }
}

/** @throws ProtocolError `malformed` for bytes or a number that its definition byte does not hold */
export function writeParameter(writer: ByteWriter, { id, def = '', hex, value }: ParameterInput): void {
  const [code = 0] = bytesOfHex(id)
  const [definition = 0] = bytesOfHex(def)
  const size = sizeOf(code, definition)
  let bytes = new Uint8Array(size)
  if (hex === undefined && value !== undefined) setBcd(bytes, 0, size, value, definition & 7)
  else bytes = new Uint8Array(code === CARD && hex?.length === size ? Buffer.from(hex, 'latin1') : bytesOfHex(hex ?? ''))
  if (bytes.length !== size) refuse(`expected ${size} bytes of parameter ${id}, got ${bytes.length}`)
  writer.byte(code)
  writer.byte(definition)
  writer.put(bytes)
}

/** The range of relayed stations has its length as it is. */
function sizeOf(id: number, definition: number): number {
  return id === RELAYS ? definition : definition >> 3
}

/** Its characters, as long as all of them can be printed. */
function cardText(bytes: Uint8Array): string {
  return bytes.every((byte) => byte > 0x20 && byte < 0x7f) ? Buffer.from(bytes).toString('latin1') : hexOf(bytes)
}
