import { closeSync, createReadStream, openSync, writeSync } from 'node:fs'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { SimulatorError } from './simulator-error.ts'

const when = {
  /** Machine time when the answer was written, or the request came that got none: epoch ms. */
  t: Type.Integer(),
  /** Site time of the request: epoch ms. */
  at: Type.Integer(),
  device: Type.String(),
}

/** One point in an answer that was written to the socket. `value` is what its registers say: as in a `Reading`: a count of 10^-decimals, a state, or null. */
export const ServedPoint = Type.Object(
  { ...when, point: Type.String(), value: Type.Union([Type.Integer(), Type.Boolean(), Type.String(), Type.Null()]) },
  { additionalProperties: false },
)
export type ServedPoint = Static<typeof ServedPoint>

/** A request that got no values, and what it got. */
export const ServedTrouble = Type.Object(
  { ...when, served: Type.Enum(['exception', 'silent', 'garbage']) },
  { additionalProperties: false },
)
export type ServedTrouble = Static<typeof ServedTrouble>

export type LedgerLine = ServedPoint | ServedTrouble
const LedgerLine = Type.Union([ServedPoint, ServedTrouble])

/** What was served, kept outside the system that is to be judged. */
export interface Ledger extends Disposable {
  append(line: LedgerLine): void
  /** Hands what is buffered to the operating system. */
  flush(): void
}

/** A line waits at most so long. */
export const FLUSH_MS = 200
/** A buffer of so many characters is flushed at once. */
export const BUFFER_CHARS_MAX = 64 * 1024

/**
 * Opens a file of JSON lines for appending. Lines reach the file in order, after 200 ms at the latest and at disposal; writing is synchronous,
 * so a full disk ends the process: a ledger with holes proves nothing.
 */
export function openLedger(file: string): Ledger {
  const descriptor = openSync(file, 'a')
  let buffer = ''
  let timer: NodeJS.Timeout | undefined
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    const bytes = Buffer.from(buffer)
    buffer = ''
    for (let from = 0; from < bytes.length; ) from += writeSync(descriptor, bytes, from)
  }
  return {
    append(line) {
      buffer += `${JSON.stringify(line)}\n`
      if (buffer.length >= BUFFER_CHARS_MAX) flush()
      else timer ??= setTimeout(flush, FLUSH_MS)
    },
    flush,
    [Symbol.dispose]() {
      flush()
      closeSync(descriptor)
    },
  }
}

/** A line is some 100 characters. */
const LINE_CHARS_MAX = 10_000

/**
 * The lines of a ledger in the order of the file; a last line without its end (the process was killed) is left out.
 * @throws SimulatorError `ledger` with file and line for one that is none.
 */
export async function* readLedger(file: string): AsyncGenerator<LedgerLine> {
  const schema = Compile(LedgerLine)
  let number = 0
  let rest = ''
  for await (const chunk of createReadStream(file, 'utf8')) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const text of lines) {
      number++
      const line = parsed(text)
      if (!schema.Check(line))
        throw new SimulatorError('ledger', `${file}:${number}: expected a line of a ledger, got ${text.slice(0, 200)}`)
      yield line
    }
    if (rest.length > LINE_CHARS_MAX)
      throw new SimulatorError(
        'ledger',
        `${file}:${number + 1}: expected at most ${LINE_CHARS_MAX} characters in a line, got more`,
      )
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // No JSON is no line, which the caller tells with its place.
    return undefined
  }
}
