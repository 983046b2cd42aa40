/** One event of a `text/event-stream`. */
export interface StreamEvent {
  readonly id: string
  readonly event: string
  readonly data: string
}

/** The longest event that is taken, in characters; a longer one ends the stream. */
export const EVENT_LENGTH_MAX = 4_000_000

/**
 * Splits a `text/event-stream` into events as the text comes in, whatever the cuts. Comments give nothing: whoever feeds it knows that the
 * link is alive from the text itself.
 * @throws RangeError when an event grows beyond `EVENT_LENGTH_MAX`.
 */
export function eventSplitter(): (chunk: string) => StreamEvent[] {
  let rest = ''
  let open = { id: '', event: '', data: [] as string[] }
  let length = 0

  const field = (line: string): StreamEvent | undefined => {
    if (line === '') {
      const { id, event, data } = open
      open = { id, event: '', data: [] }
      length = 0
      return data.length > 0 ? { id, event: event || 'message', data: data.join('\n') } : undefined
    }
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (name === 'data') {
      length += value.length
      open.data.push(value)
    } else if (name === 'event') open.event = value
    else if (name === 'id') open.id = value
    return undefined
  }

  return (chunk) => {
    rest += chunk
    // A lone CR at the end may be the first half of CRLF: it waits for the next chunk.
    const lines = rest.split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    const events = lines.map(field).filter((event) => event !== undefined)
    if (rest.length + length > EVENT_LENGTH_MAX)
      throw new RangeError(`expected an event of at most ${EVENT_LENGTH_MAX} characters`)
    return events
  }
}
