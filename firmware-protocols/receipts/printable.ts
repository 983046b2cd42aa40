import iconv from 'iconv-lite'

/** What stands for a character that a printer has no glyph for: U+25A1, which is in GB 2312. */
export const MISSING_GLYPH = '□'

/** Text as a Chinese printer can print it. */
export interface Printable {
  readonly text: string
  /** Characters that were replaced or left out, each once, in the order of their first place. */
  readonly replaced: readonly string[]
}

/**
 * Makes text printable on a Chinese-market printer. Such a printer has the glyphs of one-byte ASCII and of two-byte GBK; the four-byte half of
 * GB 18030 it prints as rubbish. So U+00A5 becomes the full-width yen U+FFE5; another character without a two-byte code becomes its
 * compatibility form (`²` → `2`) or `MISSING_GLYPH`; what has no width (joiners, variation selectors) and every control character but LF goes
 * away, so that no text can smuggle in a command. All but the yen is told in `replaced`.
 */
export function printable(text: string): Printable {
  const replaced = new Set<string>()
  const glyphs = Array.from(text.replaceAll('\r\n', '\n').replaceAll('\u00a5', '\uffe5').normalize('NFC'), (character) => {
    const glyph = glyphOf(character)
    if (glyph !== character) replaced.add(character)
    return glyph
  })
  return { text: glyphs.join(''), replaced: [...replaced] }
}

/** Columns that printable text takes: one for ASCII, two for each other character, which is also how many bytes it has. */
export function columnsOf(text: string): number {
  return encodeGb18030(text).length
}

export function encodeGb18030(text: string): Uint8Array {
  return new Uint8Array(iconv.encode(text, 'gb18030'))
}

/** Bytes that are no character come as U+FFFD. */
export function decodeGb18030(bytes: Uint8Array): string {
  return iconv.decode(bytes, 'gb18030')
}

/** Code pages of ESC/POS that can be read here. */
export type CodePage = 'cp437' | 'cp850' | 'cp852' | 'cp858' | 'cp860' | 'cp863' | 'cp865' | 'cp866' | 'windows1252' | 'ascii'

export function encodeCodePage(text: string, page: CodePage): Uint8Array {
  return new Uint8Array(iconv.encode(text, page))
}

/** The inverse of `encodeCodePage`. */
export function decodeCodePage(bytes: Uint8Array, page: CodePage): string {
  return iconv.decode(bytes, page)
}

function glyphOf(character: string): string {
  if (character === '\n' || isGlyph(character)) return character
  if (/[\p{Cc}\p{Cf}\p{M}]/u.test(character)) return ''
  const form = character.normalize('NFKC')
  return [...form].every(isGlyph) ? form : MISSING_GLYPH
}

function isGlyph(character: string): boolean {
  const bytes = encodeGb18030(character)
  return bytes.length === 2 || (bytes.length === 1 && /^[ -~]$/.test(character))
}
