import type { Align } from './job.ts'
import { columnsOf } from './printable.ts'

/** A cell of a row: text, and the columns it has. */
export interface Cell {
  readonly text: string
  readonly width?: number | undefined
  readonly align?: Align | undefined
}

/**
 * Cuts printable text into lines of at most so many columns: at spaces, and between Chinese characters; within a word only where it is longer
 * than a line.
 * @param columns at least 2, so that a Chinese character fits
 */
export function wrap(text: string, columns: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, columns))
}

/** Text in the midst of so many columns; longer text as it is. */
export function pad(text: string, columns: number, align: Align = 'left'): string {
  const room = Math.max(0, columns - columnsOf(text))
  const before = align === 'right' ? room : align === 'center' ? room >> 1 : 0
  return ' '.repeat(before) + text + ' '.repeat(room - before)
}

/**
 * Lines of cells beside each other. A cell that is too long goes on in the next line, in its own columns.
 * @throws RangeError where the cells do not fit beside each other
 */
export function rowsOf(cells: readonly Cell[], columns: number): string[] {
  const widths = widthsOf(cells, columns)
  const blocks = cells.map(({ text }, index) => wrap(text, widths[index] ?? 0))
  return Array.from({ length: Math.max(...blocks.map(({ length }) => length)) }, (_, row) =>
    cells
      .map(({ align }, index) => pad(blocks[index]?.[row] ?? '', widths[index] ?? 0, align))
      .join('')
      .trimEnd(),
  )
}

function widthsOf(cells: readonly Cell[], columns: number): number[] {
  const left = columns - cells.reduce((sum, { width = 0 }) => sum + width, 0)
  let sharing = cells.filter(({ width }) => width === undefined).length
  let rest = left
  const widths = cells.map(({ width }) => {
    if (width !== undefined) return width
    const share = Math.floor(rest / sharing)
    sharing--
    rest -= share
    return share
  })
  if (rest < 0 || widths.some((width) => width < 2))
    throw new RangeError(`expected cells of at least 2 and together at most ${columns} columns, got ${widths.join(' + ')}`)
  return widths
}

function wrapLine(line: string, columns: number): string[] {
  const lines: string[] = []
  let current = ''
  for (const word of line.match(/ +|[!-~]+|[^ -~]/gu) ?? []) {
    if (columnsOf(current + word) <= columns) {
      current += word
      continue
    }
    if (current.trim() !== '') lines.push(current.trimEnd())
    // The space that a line breaks at is not printed.
    current = word.startsWith(' ') ? '' : word
    while (columnsOf(current) > columns) {
      lines.push(current.slice(0, columns))
      current = current.slice(columns)
    }
  }
  return current !== '' || lines.length === 0 ? [...lines, current.trimEnd()] : lines
}
