import type { Command } from './command.ts'
import { encodeEscPos } from './esc-pos.ts'
import { type Align, type Job, PAPERS, type Part } from './job.ts'
import { rowsOf, wrap } from './layout.ts'
import { printable } from './printable.ts'
import { type Bars, code128, ean13, qrModules } from './symbols.ts'

/** Of one module, where the paper is wide enough and the job does not say. */
const QR_MODULE_DOTS = 6
/** Rows of an image in one command: a small printer's buffer holds them. */
const IMAGE_BAND_ROWS = 128
const ALIGNMENTS: readonly Align[] = ['left', 'center', 'right']
const STYLES = ['align', 'bold', 'underline', 'kanji-underline', 'invert', 'size'] as const
type Style = Readonly<Partial<Record<(typeof STYLES)[number], number>>>

/** A job as a printer takes it. */
export interface PrintedJob {
  readonly bytes: Uint8Array
  readonly commands: readonly Command[]
  /** Characters that the printer has not, and which part had them; another stands in their place, or nothing. */
  readonly replaced: readonly { readonly part: number; readonly characters: readonly string[] }[]
}

interface Paper {
  readonly columns: number
  readonly dots: number
  /** Makes text printable, and keeps what was replaced. */
  readonly print: (text: string) => string
}

/**
 * Writes a job in ESC/POS for a printer of the Chinese market: initialised, in Kanji mode, without code pages. Each part leaves the printer's
 * style as it found it.
 * @throws RangeError for a part that does not fit the paper, or a wrong check digit, naming the part by its place
 */
export function printJob({ paper, parts }: Job): PrintedJob {
  const replaced: PrintedJob['replaced'][number][] = []
  const commands = parts.flatMap((part, index) => {
    const characters = new Set<string>()
    const print = (text: string) => {
      const made = printable(text)
      for (const character of made.replaced) characters.add(character)
      return made.text
    }
    const own = placed(index, () => commandsOf(part, { ...PAPERS[paper], print }))
    if (characters.size > 0) replaced.push({ part: index, characters: [...characters] })
    return own
  })
  const all: Command[] = [{ name: 'initialize' }, { name: 'kanji-on' }, ...commands]
  return { bytes: encodeEscPos(all), commands: all, replaced }
}

function placed<T>(index: number, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new RangeError(`/parts/${index}: ${error.message}`, { cause: error })
  }
}

function commandsOf(part: Part, paper: Paper): Command[] {
  switch (part.part) {
    case 'text': {
      const { width = 1, height = 1 } = part
      const lines = lined(wrap(paper.print(part.text), Math.floor(paper.columns / width)))
      return styled(lines, {
        align: ALIGNMENTS.indexOf(part.align ?? 'left'),
        bold: Number(part.bold ?? false),
        // ESC - is for letters, FS - for Chinese characters.
        underline: Number(part.underline ?? false),
        'kanji-underline': Number(part.underline ?? false),
        invert: Number(part.invert ?? false),
        size: ((width - 1) << 4) | (height - 1),
      })
    }
    case 'columns': {
      const cells = part.cells.map((cell) => ({ ...cell, text: paper.print(cell.text) }))
      return styled(lined(rowsOf(cells, paper.columns)), { bold: Number(part.bold ?? false) })
    }
    case 'rule': {
      const [line = ''] = wrap(paper.print(part.character ?? '-').repeat(paper.columns), paper.columns)
      return lined([line])
    }
    case 'qr':
      return qr(part, paper)
    case 'code128':
      return barcode(part, 73, code128(part.data), paper)
    case 'ean13':
      return barcode(part, 2, ean13(part.data), paper)
    case 'image':
      return aligned(part, image(part.width, part.data, paper))
    case 'feed':
      return [{ name: 'feed-lines', n: part.lines }]
    case 'cut':
      return [{ name: 'cut', m: part.cut === 'full' ? 65 : 66, n: 0 }]
    case 'drawer':
      return [{ name: 'drawer', m: part.pin === 2 ? 0 : 1, on_ms: part.onMs ?? 100, off_ms: part.offMs ?? 500 }]
  }
}

function lined(lines: readonly string[]): Command[] {
  return lines.flatMap((text): Command[] => [...(text === '' ? [] : [{ name: 'text' as const, text }]), { name: 'line-feed' }])
}

/** The commands in a style; whatever of it is not 0, which is how a printer begins, is taken back behind them. */
function styled(commands: readonly Command[], style: Style): Command[] {
  const set = STYLES.flatMap((name) => (style[name] ? [{ name, n: style[name] }] : []))
  return [...set, ...commands, ...set.toReversed().map(({ name }) => ({ name, n: 0 }))]
}

function aligned({ align = 'left' }: { readonly align?: Align }, commands: readonly Command[]): Command[] {
  return styled(commands, { align: ALIGNMENTS.indexOf(align) })
}

function qr(part: Extract<Part, { part: 'qr' }>, { dots }: Paper): Command[] {
  const { data, level = 'M' } = part
  const modules = qrModules(Buffer.byteLength(data), level)
  const module = part.module ?? Math.min(QR_MODULE_DOTS, Math.floor(dots / modules))
  expectWidth(modules, module, dots)
  return aligned(part, [
    { name: 'qr-model', model: 2 },
    { name: 'qr-size', size: module },
    { name: 'qr-level', ec: level },
    { name: 'qr-data', data },
    { name: 'qr-print' },
  ])
}

/** Most printers print nothing at all where a code is too wide. */
function expectWidth(modules: number, module: number, dots: number): void {
  if (modules * module > dots) throw new RangeError(`expected at most ${dots} dots, got ${modules} modules of ${module}`)
}

function barcode(
  part: Extract<Part, { part: 'code128' | 'ean13' }>,
  type: number,
  { data, modules }: Bars,
  { dots }: Paper,
): Command[] {
  const module = part.module ?? 2
  expectWidth(modules, module, dots)
  return aligned(part, [
    { name: 'barcode-height', n: part.height ?? 64 },
    { name: 'barcode-width', n: module },
    { name: 'barcode-text', n: part.shown ? 2 : 0 },
    { name: 'barcode', type, data },
  ])
}

function image(width: number, hex: string, { dots }: Paper): Command[] {
  const widthBytes = Math.ceil(width / 8)
  const rows = hex.length / 2 / widthBytes
  if (width > dots) throw new RangeError(`expected an image of at most ${dots} dots, got ${width}`)
  if (!Number.isInteger(rows)) throw new RangeError(`expected rows of ${widthBytes} bytes, got ${hex.length / 2} bytes`)
  return Array.from({ length: Math.ceil(rows / IMAGE_BAND_ROWS) }, (_, band) => {
    const data = hex.slice(band * IMAGE_BAND_ROWS * widthBytes * 2, (band + 1) * IMAGE_BAND_ROWS * widthBytes * 2)
    return { name: 'raster', m: 0, widthBytes, rows: data.length / 2 / widthBytes, data }
  })
}
