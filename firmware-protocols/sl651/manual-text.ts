import iconv from 'iconv-lite'
import { refuse } from './hex-text.ts'

/** Stations write ASCII or, in Chinese, GB2312, which GB 18030 holds. @returns undefined for bytes that are neither */
export function manualText(bytes: Uint8Array): string | undefined {
  const text = iconv.decode(bytes, 'gb18030')
  return Buffer.compare(iconv.encode(text, 'gb18030'), bytes) === 0 ? text : undefined
}

/** The inverse of `manualText`. @throws ProtocolError `malformed` for a character that GB 18030 has not */
export function bytesOfText(text: string): Uint8Array {
  const bytes = iconv.encode(text, 'gb18030')
  if (iconv.decode(bytes, 'gb18030') !== text) refuse(`expected a text in GB 18030, got "${text.slice(0, 40)}"`)
  return bytes
}
