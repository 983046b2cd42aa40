/**
 * A name as it stands in a line, a field and a query: bytes outside `A-Z a-z 0-9 _ -` become `%XX`, so that nothing needs an escape anywhere, no
 * dot stands in a point's part of a field name, and two names never meet. Names from the wire have none of them and stay as they are.
 */
export function encodeName(name: string): string {
  if (PLAIN.test(name)) return name
  // An empty tag value is no tag value.
  if (name === '') return '%'
  return Array.from(Buffer.from(name, 'utf8'), (byte) => {
    const text = String.fromCharCode(byte)
    return PLAIN.test(text) ? text : `%${byte.toString(16).padStart(2, '0')}`
  }).join('')
}

const PLAIN = /^[A-Za-z0-9_-]+$/

/** What `encodeName` was given. */
export function decodeName(encoded: string): string {
  if (encoded === '%') return ''
  return encoded.includes('%') ? decodeURIComponent(encoded) : encoded
}
