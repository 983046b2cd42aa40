import { isDeepStrictEqual } from 'node:util'
import { DocumentError } from '#devices'

/** What a replay said where it was to say something else. */
export interface Difference {
  /** Of the expectation, from 1. */
  readonly line: number
  /** Absent: nothing more was expected. */
  readonly expected?: Readonly<Record<string, unknown>>
  /** Absent: nothing more came. */
  readonly got?: Readonly<Record<string, unknown>>
}

/**
 * Compares what comes with JSON lines. A line names only what matters: a field that it leaves out may be anything.
 */
export class Expectation {
  readonly #expected: readonly Readonly<Record<string, unknown>>[]
  #next = 0
  #difference: Difference | undefined

  /** @param file its name, for messages. @throws DocumentError for a line that is no JSON object */
  constructor(text: string, file: string) {
    this.#expected = text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [objectOf(line, index + 1, file)]))
  }

  /** Whether it is as expected so far; after the first difference nothing is compared any more. */
  take(got: Readonly<Record<string, unknown>>): boolean {
    if (this.#difference) return false
    const expected = this.#expected[this.#next++]
    const isSame = expected !== undefined && Object.entries(expected).every(([key, value]) => isDeepStrictEqual(got[key], value))
    if (!isSame) this.#difference = { line: this.#next, got, ...(expected && { expected }) }
    return isSame
  }

  /** The first difference, once everything came. */
  end(): Difference | undefined {
    const expected = this.#expected[this.#next]
    if (this.#difference === undefined && expected) return { line: this.#next + 1, expected }
    return this.#difference
  }
}

/** `line 3: expected level 3662 good at 2026-…, got …`, whole where there is no point. */
export function describeDifference({ line, expected, got }: Difference): string {
  return `line ${line}: expected ${expected ? told(expected) : 'nothing more'}, got ${got ? told(got) : 'nothing more'}`
}

function told(item: Readonly<Record<string, unknown>>): string {
  const { at, point, ...rest } = item
  const time = typeof at === 'number' ? ` at ${new Date(at).toISOString()}` : ''
  return typeof point === 'string' ? `${point}${time} ${JSON.stringify(rest)}` : JSON.stringify(item)
}

function objectOf(line: string, number: number, file: string): Readonly<Record<string, unknown>> {
  const fault = (): DocumentError =>
    new DocumentError([
      { file, line: number, column: 1, path: '', message: `expected a JSON object, got ${JSON.stringify(line.slice(0, 60))}` },
    ])
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw fault()
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fault()
  return Object.fromEntries(Object.entries(value))
}
