import { FrameSplitter, INCOMPLETE, NO_FRAME, type Splitter } from '#protocols/frames'
import { ASCII_START, FRAME_BYTES_MAX, frameLength, HEX_START, isSound } from './frame.ts'

/** Most bytes that a splitter holds. */
export const SL651_PENDING_BYTES_MAX = FRAME_BYTES_MAX

/**
 * Cuts a stream in which frames of both encodings may follow each other. Yields copies of whole frames whose CRC and end character hold, for
 * `decodeFrame`. Their start may also occur within a body, so the next one is looked for only after a frame has failed.
 */
export function sl651Splitter(): Splitter<Uint8Array> {
  return new FrameSplitter(
    (bytes, from) => {
      const length = frameLength(bytes, from)
      return length < INCOMPLETE ? Math.min(NO_FRAME, from - nextStart(bytes, from + 1)) : length
    },
    (bytes, from, length) => (isSound(bytes, from, length) ? new Uint8Array(bytes.subarray(from, from + length)) : undefined),
  )
}

function nextStart(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at++) if (bytes[at] === HEX_START || bytes[at] === ASCII_START) return at
  return bytes.length
}
