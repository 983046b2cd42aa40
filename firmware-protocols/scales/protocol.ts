import type { Static, TSchema } from 'typebox'
import { type Codec, type Evidence, encoder } from '#protocols/codec'
import { ProtocolError } from '#protocols/error'
import type { Splitter } from '#protocols/frames'
import { type CommandSet, decodeCommand, encodeCommand, type Saying, tableOf } from './commands.ts'
import { type Ask, type Command, CommandSchema, type ScaleMessage } from './message.ts'
import type { Read } from './read.ts'

/** What makes one way of speaking. */
interface Dialect<S extends TSchema, M extends ScaleMessage> {
  readonly name: string
  readonly title: string
  readonly evidence: Evidence
  /** What the front door's `encode` takes, but for commands. */
  readonly schema: S
  readonly fromJson: (json: Static<S>) => M
  /** Reads what the scale sends. @throws ProtocolError */
  readonly read: (frame: Uint8Array) => Read<M>
  /** Writes what the scale sends. @throws RangeError for what the protocol cannot say. */
  readonly write: (message: M) => Uint8Array
  readonly splitter: () => Splitter<Uint8Array>
  readonly commandSet?: CommandSet
}

/**
 * A way of speaking that scales have, both ends of it: a driver uses `commands`, `splitter` and `decode`; a simulated scale `commandSplitter`,
 * `decodeCommand` and `encode`. Splitters give whole frames as bytes, for a recorder wants those too.
 */
export interface ScaleProtocol<M extends ScaleMessage = ScaleMessage> {
  readonly codec: Codec
  /** The bytes that ask for what is common to scales; absent where the protocol has none. */
  readonly commands: Readonly<Partial<Record<Ask, Uint8Array>>>
  /** Reads one frame of the scale. @throws ProtocolError */
  decode(frame: Uint8Array): M
  /** Writes one frame of the scale. @throws RangeError for what the protocol cannot say. */
  encode(message: M): Uint8Array
  /** Cuts what the scale sends. */
  splitter(): Splitter<Uint8Array>
  /** Reads one frame of the host. @throws ProtocolError; `unsupported` where the protocol has no commands. */
  decodeCommand(frame: Uint8Array): Command
  /** @throws RangeError for a command that the protocol does not have. */
  encodeCommand(command: Saying): Uint8Array
  /** Cuts what the host sends; absent where the protocol has no commands. */
  readonly commandSplitter?: () => Splitter<Uint8Array>
}

export function scaleProtocol<S extends TSchema, M extends ScaleMessage>(dialect: Dialect<S, M>): ScaleProtocol<M> {
  const { name, title, evidence, schema, fromJson, read, write, splitter, commandSet } = dialect
  const codec: Codec = {
    name,
    title,
    evidence,
    decode(frame, side) {
      const { message, fields } = side === 'request' ? decodeCommand(frame, commandSet) : read(frame)
      return { value: message, fields }
    },
    encode(value, side) {
      return isCommand(value) ? encodeSaying(value, side) : encodeMessage(value, side)
    },
  }
  const encodeSaying = encoder(CommandSchema, (json) => encodeCommand(json, commandSet))
  const encodeMessage = encoder<TSchema>(schema, (json) => {
    const frame = write(fromJson(json as Static<S>))
    expectReadable(frame, read)
    return frame
  })
  return {
    codec,
    commands: tableOf(commandSet),
    decode: (frame) => read(frame).message,
    encode: write,
    splitter,
    decodeCommand: (frame) => decodeCommand(frame, commandSet).message,
    encodeCommand: (command) => encodeCommand(command, commandSet),
    ...(commandSet ? { commandSplitter: commandSet.splitter } : {}),
  }
}

/** @throws ProtocolError `malformed` for a frame that is none, as texts with a line end in them make. */
function expectReadable(frame: Uint8Array, read: (frame: Uint8Array) => unknown): void {
  try {
    read(frame)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw new ProtocolError(
      'malformed',
      `expected values that a frame can say, got one that is refused: ${error.message}`,
      new Uint8Array(),
    )
  }
}

function isCommand(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'command'
}
