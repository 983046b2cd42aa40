import type { Field } from './codec.ts'

/** Bytes on one line of a dump. */
const BYTES_A_LINE = 16

/** A frame for a reader: for each field its place, its bytes, its name and its value. Long fields go over several lines. */
export function dump(bytes: Uint8Array, fields: readonly Field[]): string {
  const rows = withGaps(bytes, fields).flatMap(({ from, to, name, value }) => {
    const lines: string[][] = []
    for (let at = from; at < to || at === from; at += BYTES_A_LINE) {
      const hex = Buffer.from(bytes.subarray(at, Math.min(to, at + BYTES_A_LINE))).toString('hex')
      const words = at === from ? [name, printable(value)] : ['', '']
      lines.push([at.toString(16).padStart(4, '0'), hex.replace(/..(?=.)/g, '$& ').toUpperCase(), ...words])
    }
    return lines
  })
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function withGaps(bytes: Uint8Array, fields: readonly Field[]): Field[] {
  const whole: Field[] = []
  let at = 0
  for (const field of [...fields, { from: bytes.length, to: bytes.length, name: '', value: '' }]) {
    if (field.from > at) whole.push({ from: at, to: field.from, name: '', value: '' })
    if (field.to > field.from) whole.push(field)
    at = Math.max(at, field.to)
  }
  return whole
}

/** Control characters from a frame must not reach a terminal as such. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
