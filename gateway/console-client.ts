/** A line that is longer is none of a gateway's. */
const LINE_CHARACTERS_MAX = 1024 * 1024
/** Nobody waits longer to hear whether a gateway runs on this machine. */
const ANSWER_MS_MAX = 5_000

/** A line of a running gateway, as `GET /lines` tells it. */
export interface RunningLine {
  readonly url: string
  readonly words: string
  readonly devices: readonly { readonly id: string; readonly unit: number; readonly profile: string }[]
}

/** The lines of the gateway whose console is at a URL; null: none runs there. */
export async function runningLines(console: string): Promise<readonly RunningLine[] | null> {
  try {
    const answer = await fetch(`${console}/lines`, { signal: AbortSignal.timeout(ANSWER_MS_MAX) })
    // Something else may listen there.
    if (!answer.ok || !answer.headers.get('content-type')?.includes('json')) return null
    const lines: unknown = await answer.json()
    return Array.isArray(lines) && lines.every(isLine) ? lines : null
  } catch {
    return null
  }
}

/**
 * What goes over a line of a running gateway, a JSON line each, the first being the header of a recording; ends after `stop`, or with the gateway.
 * @param line its URL, or the id of a device on it
 * @throws Error that says what was expected: no gateway, or no such line
 */
export async function* lineFrames(console: string, line: string, stop: AbortSignal): AsyncGenerator<string, void, undefined> {
  const ended = new AbortController()
  const end = (): void => ended.abort()
  if (stop.aborted) return
  stop.addEventListener('abort', end, { once: true })
  try {
    const answer = await fetch(`${console}/lines/${encodeURIComponent(line)}/frames`, { signal: ended.signal }).catch((cause) => {
      if (stop.aborted) return undefined
      const { code, message } = cause.cause ?? cause
      throw new Error(`expected a running gateway whose console is ${console}, got ${code ?? message}`, { cause })
    })
    if (answer === undefined) return
    if (!answer.ok || answer.body === null) throw new Error(await refusalOf(answer, console))
    yield* linesOf(answer.body)
  } finally {
    stop.removeEventListener('abort', end)
    end()
  }
}

/** Whole lines that are not empty. A stop, or the end of the gateway, is no fault of what came until then. */
async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder()
  const reader = body.getReader()
  for (let half = ''; half.length < LINE_CHARACTERS_MAX; ) {
    const part = await reader.read().catch(() => ({ done: true as const, value: undefined }))
    if (part.done) return
    const lines = (half + decoder.decode(part.value, { stream: true })).split('\n')
    half = lines.pop() ?? ''
    for (const line of lines) if (line !== '') yield line
  }
}

async function refusalOf(answer: Response, console: string): Promise<string> {
  const body: unknown = await answer.json().catch(() => null)
  const isTold = typeof body === 'object' && body !== null && 'message' in body
  return isTold ? String(body.message) : `expected a gateway's console at ${console}, got HTTP ${answer.status}`
}

function isLine(value: unknown): value is RunningLine {
  return typeof value === 'object' && value !== null && 'url' in value && typeof value.url === 'string'
}
