import { ProtocolError } from '#protocols/error'
import type { Note } from './element.ts'
import type { FunctionInfo } from './functions.ts'
import type { Body, MessageInput } from './message.ts'

/** Not yet read. @throws ProtocolError `unsupported` */
export function readAsciiBody(bytes: Uint8Array, _info: FunctionInfo, _isUp: boolean, _note?: Note): Body {
  throw new ProtocolError('unsupported', 'expected a body in HEX', bytes)
}

/** Not yet written. @throws ProtocolError `unsupported` */
export function asciiBody(_message: MessageInput, _info: FunctionInfo): Uint8Array {
  throw new ProtocolError('unsupported', 'expected a body in HEX', new Uint8Array())
}
