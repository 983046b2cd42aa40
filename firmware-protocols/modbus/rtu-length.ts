import { INCOMPLETE, type Measure, NO_FRAME } from '#protocols/frames'
import { crc16 } from './crc16.ts'
import {
  ACCESSES,
  DEVICE_IDENTIFICATION,
  IDENTIFICATION_HEAD_BYTES,
  MORE_FOLLOWS,
  OBJECT_HEAD_BYTES,
} from './device-identification.ts'
import { EXCEPTION_FLAG, PDU_BYTES_MAX } from './pdu.ts'
import type { Request } from './request.ts'

/** Unit 1 byte, PDU, CRC 2. */
export const RTU_FRAME_BYTES_MAX = PDU_BYTES_MAX + 3
/** Unit, function with its exception flag, exception, CRC. */
const EXCEPTION_BYTES = 5
/** Unit, function and byte count before the data, CRC behind it. */
const DATA_AROUND_BYTES = 5

/** Measures requests, as a device sees them. */
export const requestLength: Measure = (bytes, from) => {
  const left = bytes.length - from
  if (left < 2) return INCOMPLETE
  switch (bytes[from + 1]) {
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
      return 8
    case 15:
    case 16:
      return left < 7 ? INCOMPLETE : within(9 + (bytes[from + 6] ?? 0))
    case 17:
      return 4
    case 22:
      return 10
    case 23:
      return left < 11 ? INCOMPLETE : within(13 + (bytes[from + 10] ?? 0))
    case 43:
      if (left < 3) return INCOMPLETE
      return bytes[from + 2] === DEVICE_IDENTIFICATION ? 7 : NO_FRAME
    default:
      return NO_FRAME
  }
}

/** Measures responses whose requests are not known. */
export const responseLength: Measure = (bytes, from) => {
  const left = bytes.length - from
  if (left < 2) return INCOMPLETE
  const code = bytes[from + 1] ?? 0
  switch (code & ~EXCEPTION_FLAG) {
    case 1:
    case 2:
    case 3:
    case 4:
    case 17:
    case 23:
      if (code >= EXCEPTION_FLAG) return EXCEPTION_BYTES
      return left < 3 ? INCOMPLETE : within(DATA_AROUND_BYTES + (bytes[from + 2] ?? 0))
    case 5:
    case 6:
    case 15:
    case 16:
      return code >= EXCEPTION_FLAG ? EXCEPTION_BYTES : 8
    case 22:
      return code >= EXCEPTION_FLAG ? EXCEPTION_BYTES : 10
    case 43:
      return code >= EXCEPTION_FLAG ? EXCEPTION_BYTES : identificationLength(bytes, from)
    default:
      return NO_FRAME
  }
}

/** Measures the answer to one request: only its unit, its function or that function's exception, and its length start a frame. */
export function answerLength(unit: number, request: Request): Measure {
  const { function: code } = request
  const data = dataBytesOf(request)
  const access = request.function === 43 ? ACCESSES.indexOf(request.access) + 1 : undefined
  return (bytes, from) => {
    if (bytes[from] !== unit) return NO_FRAME
    const left = bytes.length - from
    if (left < 2) return INCOMPLETE
    if (bytes[from + 1] === (code | EXCEPTION_FLAG)) return EXCEPTION_BYTES
    if (bytes[from + 1] !== code) return NO_FRAME
    if (access !== undefined && left > 3 && bytes[from + 3] !== access) return NO_FRAME
    if (data === undefined) return responseLength(bytes, from)
    if (left < 3) return INCOMPLETE
    return bytes[from + 2] === data ? DATA_AROUND_BYTES + data : NO_FRAME
  }
}

/** Bytes of data that a read is answered by. */
function dataBytesOf(request: Request): number | undefined {
  switch (request.function) {
    case 1:
    case 2:
      return Math.ceil(request.count / 8)
    case 3:
    case 4:
    case 23:
      return request.count * 2
    default:
      return undefined
  }
}

/** Walks through the objects: nothing tells their length together. */
function identificationLength(bytes: Uint8Array, from: number): number {
  if (bytes.length - from < 3) return INCOMPLETE
  if (bytes[from + 2] !== DEVICE_IDENTIFICATION) return NO_FRAME
  let at = from + 1 + IDENTIFICATION_HEAD_BYTES
  if (at > bytes.length) return INCOMPLETE
  const more = bytes[from + 5] === MORE_FOLLOWS
  for (let objects = bytes[from + 7] ?? 0; objects > 0; objects--) {
    if (at + OBJECT_HEAD_BYTES > bytes.length) return INCOMPLETE
    // Some devices count the objects of all the answers: then it is the CRC that stands here.
    if (more && crc16(bytes, from, at) === ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8))) break
    at += OBJECT_HEAD_BYTES + (bytes[at + 1] ?? 0)
    if (at + 2 - from > RTU_FRAME_BYTES_MAX) return NO_FRAME
  }
  return at + 2 - from
}

function within(length: number): number {
  return length <= RTU_FRAME_BYTES_MAX ? length : NO_FRAME
}
