import { FrameSplitter, INCOMPLETE, type Splitter } from '#protocols/frames'
import { ASCII_START, FRAME_BYTES_MAX, frameLength, HEX_START, isSound, SHORT_FRAME_BYTES_MAX } from './frame.ts'

/** Most bytes that a splitter holds. */
export const SL651_PENDING_BYTES_MAX = FRAME_BYTES_MAX

/**
 * Cuts a stream in which frames of both encodings may follow each other. Yields copies of whole frames whose CRC and end character hold, for
 * `decodeFrame`. Their start may also occur within a body, so the next one is looked for only after a frame has failed.
 *
 * Where a frame with a length of more than twelve bits has failed, none that starts within it may be as long: a stream of nothing but such
 * starts would cost a CRC over 64 KiB for every few of its bytes. A length that was damaged makes it wait for as many bytes as it says: a line
 * that fell silent within a frame wants `reset`.
 */
export function sl651Splitter(): Splitter<Uint8Array> {
  let failedBytes = 0
  const pass = (count: number): void => {
    failedBytes = Math.max(0, failedBytes - count)
  }
  return new FrameSplitter(
    (bytes, from) => {
      const length = frameLength(bytes, from)
      const isRefused = length > SHORT_FRAME_BYTES_MAX && failedBytes > 0
      if (length >= INCOMPLETE && !isRefused) return length
      const skipped = nextStart(bytes, from + 1) - from
      pass(skipped)
      return -skipped
    },
    (bytes, from, length) => {
      const isGood = isSound(bytes, from, length)
      pass(isGood ? length : 1)
      if (!isGood && length > SHORT_FRAME_BYTES_MAX) failedBytes = length - 1
      return isGood ? new Uint8Array(bytes.subarray(from, from + length)) : undefined
    },
  )
}

function nextStart(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at++) if (bytes[at] === HEX_START || bytes[at] === ASCII_START) return at
  return bytes.length
}
