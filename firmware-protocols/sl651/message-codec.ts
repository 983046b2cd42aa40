import { ProtocolError } from '#protocols/error'
import { asciiBody, readAsciiBody } from './ascii-body.ts'
import type { Note } from './element.ts'
import { decodeFrame, encodeFrame, type Frame } from './frame.ts'
import { functionInfo } from './functions.ts'
import { BODY_HEAD_BYTES, hexBody, readHexBody } from './hex-body.ts'
import { bytesOfHex, hexOf, refuse } from './hex-text.ts'
import type { Body, Message, MessageInput } from './message.ts'

/** One frame and what it says. Of a message in several packets each is read alone, see `readMessage`. @throws ProtocolError as `decodeFrame` and `readMessage` */
export function decodeMessage(bytes: Uint8Array): Message {
  return readMessage(decodeFrame(bytes))
}

/**
 * What the body of a frame says. To read a message of several packets, join their bodies in order and leave `packets` and `packet` away.
 * @param note is told where in the body each part lies
 * @throws ProtocolError `unsupported` for a function that the standard keeps for itself, `malformed` for a body without serial and send time
 */
export function readMessage(frame: Frame, note?: Note): Message {
  const { body, ...envelope } = frame
  return { ...envelope, ...readBody(frame, body, note) }
}

function readBody({ direction, encoding, function: digits, packet = 1 }: Frame, body: Uint8Array, note?: Note): Body {
  const code = Number.parseInt(digits, 16)
  const info = functionInfo(code)
  if (info === undefined)
    throw new ProtocolError('unsupported', `expected function 2F to 3A, 40 to 51 or E0 to FF, got ${digits}`, body)
  const isUp = direction === 'up'
  if (info.up === 'opaque' || (isUp && packet > 1)) {
    note?.(0, body.length, 'data', `${body.length} bytes`)
    return { data: hexOf(body) }
  }
  if (encoding === 'ascii') return readAsciiBody(body, info, isUp, note)
  if (body.length < BODY_HEAD_BYTES)
    throw new ProtocolError('malformed', `expected a body of at least ${BODY_HEAD_BYTES} bytes, got ${body.length}`, body)
  return readHexBody(body, info, isUp, note)
}

/**
 * The inverse of `decodeMessage`.
 * @throws ProtocolError `malformed` for what its bytes do not hold, `unsupported` for a function that the standard keeps for itself
 */
export function encodeMessage(message: MessageInput): Uint8Array {
  const { encoding = 'hex', data, packet = 1, direction } = message
  const digits = message.function
  const info = functionInfo(Number.parseInt(digits, 16))
  if (info === undefined)
    throw new ProtocolError('unsupported', `expected function 2F to 3A, 40 to 51 or E0 to FF, got "${digits}"`, new Uint8Array())
  if (info.up === 'opaque' || (direction === 'up' && packet > 1)) {
    if (data === undefined) refuse(`expected data of function ${digits}`)
    return encodeFrame({ ...message, encoding, body: bytesOfHex(data) })
  }
  const body = encoding === 'hex' ? hexBody(message, info) : asciiBody(message, info)
  return encodeFrame({ ...message, encoding, body })
}
