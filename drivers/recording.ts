import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { DocumentError } from '#devices'

/** A recording is read whole: more than this is another kind of file. */
export const RECORDING_BYTES_MAX = 64 * 1024 * 1024
/** Devices that a recording may name. */
export const RECORDED_DEVICES_MAX = 256

const strict = { additionalProperties: false } as const
const At = Type.Number({ minimum: 0, description: 'machine milliseconds since the start' })
const Hex = Type.String({ pattern: '^([0-9a-f]{2})+$', description: 'bytes as they went, in lower case' })

/** The first line of a recording. */
export const RecordingHeader = Type.Object(
  {
    sluice: Type.Literal('recording'),
    version: Type.Literal(1),
    line: Type.String({ description: "the line's URL, with every setting" }),
    devices: Type.Array(
      Type.Object({ id: Type.String(), unit: Type.Integer({ minimum: 0, maximum: 255 }), profile: Type.String() }, strict),
      { maxItems: RECORDED_DEVICES_MAX, default: [] },
    ),
    started: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z$', description: 'site time at `at` 0' }),
    speed: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'site time in one machine time, where it is not 1' })),
    masked: Type.Optional(Type.String({ description: 'the protocol whose secrets were replaced' })),
  },
  strict,
)
export type RecordingHeader = Static<typeof RecordingHeader>

/** Every line but the first. */
export const RecordingEntry = Type.Union([
  Type.Object({ at: At, tx: Hex }, strict),
  Type.Object({ at: At, rx: Hex }, strict),
  Type.Object({ at: At, event: Type.Enum(['open', 'close', 'error', 'end']), why: Type.Optional(Type.String()) }, strict),
  Type.Object(
    { at: At, dropped: Type.Integer({ minimum: 1, description: 'lines that are missing here: nobody read them in time' }) },
    strict,
  ),
])
export type RecordingEntry = Static<typeof RecordingEntry>

/** What went over a line, with its times. */
export interface Recording {
  readonly header: RecordingHeader
  readonly entries: readonly RecordingEntry[]
}

/** A header for a recording that begins now. @param now site time, epoch ms */
export function recordingHeader(
  line: string,
  devices: RecordingHeader['devices'],
  { now, speed }: { readonly now: number; readonly speed: number },
): RecordingHeader {
  const started = new Date(now).toISOString()
  return { sluice: 'recording', version: 1, line, devices, started, ...(speed !== 1 && { speed }) }
}

/** JSON lines, as they are in a file. */
export function formatRecording({ header, entries }: Recording): string {
  return [header, ...entries].map((line) => `${JSON.stringify(line)}\n`).join('')
}

/**
 * Reads what `formatRecording` and a recorder write; a last line that was cut in the middle, as by a full disk, is left out.
 * @param file its name, for messages
 * @throws DocumentError with the first line that is wrong
 */
export function parseRecording(text: string, file: string): Recording {
  if (text.length > RECORDING_BYTES_MAX)
    throw fault(file, 1, `expected at most ${RECORDING_BYTES_MAX} bytes of a recording, got ${text.length}`)
  const lines = text.split('\n')
  lines.pop()
  if (lines.length === 0) throw fault(file, 1, 'expected a recording, whose first line is its header')
  const [first = '', ...rest] = lines
  const header: unknown = parsed(first, file, 1)
  if (!Value.Check(RecordingHeader, header))
    throw fault(file, 1, `expected the header of a recording: {"sluice":"recording","version":1,…}, got ${clip(first)}`)
  let last = 0
  const entries = rest.flatMap((line, index): RecordingEntry[] => {
    if (line === '') return []
    const entry: unknown = parsed(line, file, index + 2)
    if (!Value.Check(RecordingEntry, entry))
      throw fault(file, index + 2, `expected "at" with tx, rx, event or dropped, got ${clip(line)}`)
    if (entry.at < last) throw fault(file, index + 2, `expected times that only rise, got ${entry.at} behind ${last}`)
    last = entry.at
    return [entry]
  })
  return { header, entries }
}

/** When it began, epoch ms of site time. */
export function startOf({ started }: RecordingHeader): number {
  return Date.parse(started)
}

/** Machine milliseconds from the start to the last entry. */
export function lengthOf({ entries }: Recording): number {
  return entries.at(-1)?.at ?? 0
}

function parsed(line: string, file: string, number: number): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw fault(file, number, `expected a JSON object, got ${clip(line)}`)
  }
}

function fault(file: string, line: number, message: string): DocumentError {
  return new DocumentError([{ file, line, column: 1, path: '', message }])
}

const CLIP = 60

function clip(line: string): string {
  return JSON.stringify(line.length > CLIP ? `${line.slice(0, CLIP)}…` : line)
}
