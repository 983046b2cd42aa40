import { type IncomingMessage, request } from 'node:http'

export interface SseEvent {
  readonly id: string | undefined
  readonly event: string
  readonly data: unknown
}

/** A client of an event stream over a real socket, for tests. */
export interface SseClient extends Disposable {
  readonly response: IncomingMessage
  /** The next event; null when the stream has ended in whatever way. */
  next(): Promise<SseEvent | null>
  /** Comments that came so far. */
  readonly comments: number
}

export async function connectSse(url: string, lastEventId?: string | number): Promise<SseClient> {
  const headers = { accept: 'text/event-stream', ...(lastEventId !== undefined && { 'last-event-id': String(lastEventId) }) }
  const sent = request(url, { headers, agent: false })
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    sent.once('response', resolve).once('error', reject).end(),
  )
  response.setEncoding('utf8')
  const chunks: AsyncIterator<string> = response[Symbol.asyncIterator]()
  let text = ''
  let comments = 0
  return {
    response,
    get comments() {
      return comments
    },
    async next() {
      for (;;) {
        const end = text.indexOf('\n\n')
        if (end >= 0) {
          const fields = new Map(
            text
              .slice(0, end)
              .split('\n')
              .map((line) => line.split(/: ?(.*)/s) as [string, string]),
          )
          text = text.slice(end + 2)
          const data = fields.get('data')
          if (data !== undefined) return { id: fields.get('id'), event: fields.get('event') ?? 'message', data: JSON.parse(data) }
          comments++
          continue
        }
        const chunk = await chunks.next().catch(() => ({ done: true as const, value: '' }))
        if (chunk.done) return null
        text += chunk.value
      }
    },
    [Symbol.dispose]: () => void sent.destroy(),
  }
}
