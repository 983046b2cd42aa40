import iconv from 'iconv-lite'

/**
 * How a Dahua scale writes a name in digits. `triplets`: each byte as three decimal digits, as a TM-30F outside China. `rows`: each character
 * by its row and cell in GB 2312, two digits each (qūwèi), as in China.
 */
export const DAHUA_NAMES = ['triplets', 'rows'] as const
export type DahuaNames = (typeof DAHUA_NAMES)[number]

/** The character set of names in triplets, by its name in iconv-lite: as the scale's fonts are. */
export type DahuaCharset = 'gb18030' | 'win1251'

/** The digits that a name may take, its terminator included (the maker's own table). */
export const NAME_DIGITS_MAX = 132
const TERMINATOR = '000'
/** What a row or a cell of GB 2312 is lifted by in its two-byte form. */
const GB_OFFSET = 0xa0
const CELLS = 94

/** @returns undefined for digits that are no name */
export function decodeName(digits: string, names: DahuaNames, charset: DahuaCharset): string | undefined {
  const bytes = names === 'rows' ? bytesOfRows(digits) : bytesOfTriplets(digits)
  const text = bytes && iconv.decode(bytes, names === 'rows' ? 'gb2312' : charset)
  if (text === undefined || text.includes('\ufffd')) return undefined
  return names === 'rows' ? narrow(text) : text
}

/** @throws RangeError for a name that is too long or has characters that the scale has not. */
export function encodeName(name: string, names: DahuaNames, charset: DahuaCharset, isTerminated: boolean): string {
  const digits = (names === 'rows' ? rowsOf(name) : tripletsOf(name, charset)) + (isTerminated ? TERMINATOR : '')
  if (digits.length > NAME_DIGITS_MAX)
    throw new RangeError(`expected a name of at most ${NAME_DIGITS_MAX} digits, got ${digits.length}`)
  return digits
}

/** Whether the digits of a name in triplets end in the byte 0. */
export function isTerminated(digits: string): boolean {
  return digits.length % 3 === 0 && digits.endsWith(TERMINATOR)
}

function bytesOfTriplets(digits: string): Buffer | undefined {
  const bytes = (digits.match(/\d{1,3}/g) ?? []).map(Number)
  if (digits.length % 3 !== 0 || bytes.some((byte) => byte > 0xff)) return undefined
  const end = bytes.indexOf(0)
  return Buffer.from(end < 0 ? bytes : bytes.slice(0, end))
}

function tripletsOf(name: string, charset: DahuaCharset): string {
  const bytes = iconv.encode(name, charset)
  if (iconv.decode(bytes, charset) !== name || bytes.includes(0))
    throw new RangeError(`expected a name in ${charset}, got ${name}`)
  return [...bytes].map((byte) => String(byte).padStart(3, '0')).join('')
}

function bytesOfRows(digits: string): Buffer | undefined {
  const places = (digits.match(/\d{1,2}/g) ?? []).map(Number)
  if (digits.length % 4 !== 0 || places.some((place) => place < 1 || place > CELLS)) return undefined
  return Buffer.from(places.map((place) => place + GB_OFFSET))
}

function rowsOf(name: string): string {
  const text = wide(name)
  const bytes = iconv.encode(text, 'gb2312')
  // What iconv calls GB 2312 is all of GBK, whose other characters have no row and cell.
  if (bytes.length !== text.length * 2 || bytes.some((byte) => byte <= GB_OFFSET || byte > GB_OFFSET + CELLS))
    throw new RangeError(`expected a name in GB 2312, got ${name}`)
  return [...bytes].map((byte) => String(byte - GB_OFFSET).padStart(2, '0')).join('')
}

/** GB 2312 has ASCII full-width, most of it in its third row, but no `~`. */
function wide(text: string): string {
  return text.replace(/[!-}]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0)).replaceAll(' ', '\u3000')
}

function narrow(text: string): string {
  return text.replace(/[！-｝]/g, (character) => String.fromCharCode(character.charCodeAt(0) - 0xfee0)).replaceAll('\u3000', ' ')
}
