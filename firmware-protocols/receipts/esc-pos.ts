import type { Field } from '#protocols/codec'
import { ProtocolError } from '#protocols/error'
import { FrameSplitter, INCOMPLETE, type Splitter } from '#protocols/frames'
import type { Command } from './command.ts'
import { measureCommand, readCommand } from './read-command.ts'
import { BOOT_MODE, modeAfter } from './text-mode.ts'
import { writeCommand } from './write-command.ts'

/** Longest job: some metres of images. */
export const JOB_BYTES_MAX = 1024 * 1024

/** What a printer was told. */
export interface EscPosJob {
  readonly commands: readonly Command[]
  /** What is legible on the paper, without bar codes: text, with a line end where the paper moves. Columns by HT come as a tab. */
  readonly text: string
}

/** @throws ProtocolError `unsupported` for a command whose length is not known, `truncated` within one, `malformed` beyond `JOB_BYTES_MAX` */
export function decodeEscPos(bytes: Uint8Array): EscPosJob {
  const { commands, text } = readJob(bytes)
  return { commands, text }
}

/** The inverse of `decodeEscPos`. @throws ProtocolError `malformed`, naming the command that cannot be written */
export function encodeEscPos(commands: readonly Command[]): Uint8Array {
  let mode = BOOT_MODE
  const parts = commands.map((command, index) => {
    try {
      const bytes = writeCommand(command, mode)
      mode = modeAfter(mode, command)
      return bytes
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw new ProtocolError('malformed', `/commands/${index}: ${error.message}`, new Uint8Array(), undefined)
    }
  })
  return new Uint8Array(Buffer.concat(parts))
}

/**
 * A printer's ear: takes a job as it comes and gives each command when it is complete; text when a command follows it. A byte that starts no
 * command is dropped and counted. Holds at most one command. `reset` forgets half a command, not the mode, which is the printer's.
 */
export function escPosSplitter(): Splitter<Command> {
  let mode = BOOT_MODE
  return new FrameSplitter(
    (bytes, from) => measureCommand(bytes, from, mode),
    (bytes, from, length) => {
      const command = readCommand(bytes.subarray(from, from + length), mode)
      mode = modeAfter(mode, command)
      return command
    },
  )
}

/** What commands leave on the paper, as text. */
export function textOf(commands: readonly Command[]): string {
  return commands.map(legible).join('')
}

function legible(command: Command): string {
  switch (command.name) {
    case 'text':
      return command.text
    case 'tab':
      return '\t'
    case 'line-feed':
    case 'form-feed':
    case 'print-page':
    case 'feed-dots':
      return '\n'
    case 'feed-lines':
      return '\n'.repeat(command.n)
    default:
      return ''
  }
}

/** What `decodeEscPos` gives, and where each command stands. */
export function readJob(bytes: Uint8Array): EscPosJob & { readonly fields: readonly Field[] } {
  if (bytes.length > JOB_BYTES_MAX)
    throw new ProtocolError('malformed', `expected at most ${JOB_BYTES_MAX} bytes, got ${bytes.length}`, bytes)
  if (bytes.length === 0) throw new ProtocolError('truncated', 'expected a command, got no byte', bytes)
  let mode = BOOT_MODE
  const commands: Command[] = []
  const fields: Field[] = []
  for (let from = 0; from < bytes.length; ) {
    const to = from + lengthAt(bytes, from, mode)
    const command = readCommand(bytes.subarray(from, to), mode)
    const { name, ...said } = command
    mode = modeAfter(mode, command)
    commands.push(command)
    fields.push({ from, to, name, value: Object.values(said).join(' ') })
    from = to
  }
  return { commands, text: textOf(commands), fields }
}

function lengthAt(bytes: Uint8Array, from: number, mode: typeof BOOT_MODE): number {
  const length = measureCommand(bytes, from, mode)
  const left = bytes.length - from
  if (length > 0 && length <= left) return length
  const start = Buffer.from(bytes.subarray(from, from + 4)).toString('hex')
  if (length < 0) throw new ProtocolError('unsupported', `expected a known command at byte ${from}, got ${start}`, bytes)
  // Text has no end of its own: that of the job is as good.
  if (length === INCOMPLETE && (bytes[from] ?? 0) >= 0x20) return left
  throw new ProtocolError('truncated', `expected the rest of the command at byte ${from}, ${start}`, bytes)
}
