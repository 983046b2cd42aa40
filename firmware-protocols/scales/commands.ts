import { ProtocolError } from '#protocols/error'
import type { Splitter } from '#protocols/frames'
import { type Ask, type Command, hexOf } from './message.ts'
import type { Read } from './read.ts'
import { LINE_BYTES_MAX } from './text.ts'

/** One command of a protocol. */
export interface Verb {
  /** As the manual calls it. */
  readonly name: string
  /** Its characters, before parameters and end; its name if absent. */
  readonly says?: string
  readonly asks?: Ask
  /** What parameters look like; absent for a command that takes none. */
  readonly takes?: RegExp
}

/** The commands of a protocol, and what is common to them. */
export interface CommandSet {
  readonly verbs: readonly Verb[]
  /** Stands between a verb and its parameters. */
  readonly separator: string
  /** Ends a command: CR LF, CR or nothing. */
  readonly end: string
  readonly splitter: () => Splitter<Uint8Array>
}

/** A command to be sent: its name, and parameters where it takes some. */
export interface Saying {
  readonly command: string
  readonly parameters?: string
}

/** @throws ProtocolError `truncated` without its end, `malformed` beyond a line's length, `unsupported` for a command that is not known. */
export function decodeCommand(frame: Uint8Array, set: CommandSet | undefined): Read<Command> {
  if (set === undefined) throw new ProtocolError('unsupported', 'expected nothing: this protocol has no commands', frame)
  // Patterns of parameters meet no more than a line: what they cost grows with the square of its length.
  if (frame.length > LINE_BYTES_MAX)
    throw new ProtocolError('malformed', `expected a command of at most ${LINE_BYTES_MAX} bytes, got ${frame.length}`, frame)
  const text = Buffer.from(frame).toString('latin1')
  if (text === '' || !text.endsWith(set.end))
    throw new ProtocolError(
      'truncated',
      `expected a command that ends in ${JSON.stringify(set.end)}, got ${text.length} bytes`,
      frame,
    )
  const said = text.slice(0, text.length - set.end.length)
  for (const verb of set.verbs) {
    const { name, says = name, asks = null, takes } = verb
    const parameters = parametersOf(said, says, set.separator)
    if (parameters === undefined ? said !== says : !takes?.test(parameters)) continue
    const start = says.length + set.separator.length
    const fields = [{ from: 0, to: says.length, name: 'command', value: name }]
    const more = parameters === undefined ? {} : { parameters }
    if (parameters) fields.push({ from: start, to: start + parameters.length, name: 'parameters', value: parameters })
    return { message: { kind: 'command', command: name, ...more, asks, raw: hexOf(frame) }, fields }
  }
  throw new ProtocolError('unsupported', `expected ${namesOf(set)}, got ${JSON.stringify(said.slice(0, 32))}`, frame)
}

/** @throws RangeError for a command that the protocol does not have, or parameters that it does not take. */
export function encodeCommand({ command, parameters }: Saying, set: CommandSet | undefined): Uint8Array {
  const verb = set?.verbs.find(({ name }) => name === command)
  if (!set || !verb) throw new RangeError(`expected ${set ? namesOf(set) : 'no command'}, got ${command}`)
  if (parameters !== undefined && !verb.takes?.test(parameters))
    throw new RangeError(`expected ${command} with ${verb.takes?.source ?? 'no parameters'}, got ${parameters}`)
  const more = parameters === undefined ? '' : set.separator + parameters
  return latin1((verb.says ?? verb.name) + more + set.end)
}

/** The first verb of each ask. */
export function tableOf(set: CommandSet | undefined): Partial<Record<Ask, Uint8Array>> {
  const table: Partial<Record<Ask, Uint8Array>> = {}
  for (const { name, asks } of set?.verbs ?? []) if (asks !== undefined) table[asks] ??= encodeCommand({ command: name }, set)
  return table
}

export function latin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}

function parametersOf(said: string, says: string, separator: string): string | undefined {
  const head = says + separator
  return said.startsWith(head) && said.length > head.length ? said.slice(head.length) : undefined
}

function namesOf(set: CommandSet): string {
  return set.verbs.map(({ name }) => name).join(', ')
}
