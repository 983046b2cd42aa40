import { FrameSplitter, INCOMPLETE, type Splitter } from './frame-splitter.ts'

/**
 * Cuts text lines that end in one byte, as CR LF and LF do in LF. A line comes with its end. One that is longer than the bound is dropped whole,
 * up to its end: its tail is no line either.
 * @param end the last byte of a line
 * @param bytesMax longest line, its end included
 */
export function lineSplitter(end: number, bytesMax: number): Splitter<Uint8Array> {
  let isTooLong = false
  return new FrameSplitter(
    (bytes, from) => {
      const found = bytes.indexOf(end, from)
      const length = (found < 0 ? bytes.length : found + 1) - from
      const isDropped = isTooLong || length > bytesMax
      if (isDropped) isTooLong = found < 0
      if (isDropped) return -length
      return found < 0 ? INCOMPLETE : length
    },
    (bytes, from, length) => bytes.slice(from, from + length),
  )
}
