import type { Command } from './command.ts'
import { type CodePage, decodeCodePage, decodeGb18030, encodeCodePage, encodeGb18030 } from './printable.ts'

/** How a printer takes the bytes of text. */
export interface TextMode {
  /** FS & was the last: bytes from 0x81 on lead a character of two or four bytes, as GB 18030 has it. */
  readonly isKanji: boolean
  /** The page of ESC t, for what is no Kanji. */
  readonly page: CodePage
}

/** What a Chinese-market printer boots in, and goes back to with ESC @. */
export const BOOT_MODE: TextMode = { isKanji: true, page: 'cp437' }

/** ESC t n, as Epson counts the pages; of the others only ASCII is read. */
const PAGES: Readonly<Record<number, CodePage>> = {
  0: 'cp437',
  2: 'cp850',
  3: 'cp860',
  4: 'cp863',
  5: 'cp865',
  16: 'windows1252',
  17: 'cp866',
  18: 'cp852',
  19: 'cp858',
}

/** The mode that a command leaves behind. */
export function modeAfter(mode: TextMode, command: Command): TextMode {
  switch (command.name) {
    case 'initialize':
      return BOOT_MODE
    case 'kanji-on':
      return { ...mode, isKanji: true }
    case 'kanji-off':
      return { ...mode, isKanji: false }
    case 'code-page':
      return { ...mode, page: PAGES[command.n] ?? 'ascii' }
    default:
      return mode
  }
}

export function encodeText(text: string, { isKanji, page }: TextMode): Uint8Array {
  return isKanji ? encodeGb18030(text) : encodeCodePage(text, page)
}

/** Bytes that are no character come as U+FFFD. */
export function decodeText(bytes: Uint8Array, { isKanji, page }: TextMode): string {
  return isKanji ? decodeGb18030(bytes) : decodeCodePage(bytes, page)
}

/** Bytes of the character at `from`; undefined if they end within it. Bytes that are none count one by one. */
export function characterBytes(bytes: Uint8Array, from: number, { isKanji }: TextMode): number | undefined {
  if (!isKanji || !isWithin(bytes[from], 0x81, 0xfe)) return 1
  const second = bytes[from + 1]
  if (second === undefined) return undefined
  if (isWithin(second, 0x40, 0xfe) && second !== 0x7f) return 2
  const isFour = [second, bytes[from + 2], bytes[from + 3]].every(
    (byte, index) => byte === undefined || isWithin(byte, index === 1 ? 0x81 : 0x30, index === 1 ? 0xfe : 0x39),
  )
  if (!isFour) return 1
  return from + 3 < bytes.length ? 4 : undefined
}

function isWithin(byte: number | undefined, min: number, max: number): boolean {
  return byte !== undefined && byte >= min && byte <= max
}
