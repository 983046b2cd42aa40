import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  ADDRESS_ALL,
  ADDRESS_ANY,
  BROADCAST_MEMORY_MS,
  decodeTerminal,
  type ReplyBody,
  type TerminalMessage,
  TerminalReplies,
  type TerminalRequest,
  TerminalRequests,
} from '#protocols/terminals'

const identity = (boot: number): ReplyBody => ({
  type: 'identity',
  highest: 1,
  kind: 'counter-unit',
  features: [],
  charsets: ['ascii'],
  lines: 0,
  columns: 0,
  boot,
  serial: 1,
  model: '',
  firmware: '',
})
const hello = (sequence: number): TerminalRequest => ({ version: 1, address: 5, sequence, type: 'hello' })
const call = (sequence: number, ticket: string, address = 5): TerminalRequest => ({
  version: 1,
  address,
  sequence,
  type: 'call',
  window: 3,
  ticket,
  repeat: 1,
  language: 'zh',
})

/** A terminal that keeps the rules of the specification, and writes down what it really does. */
class Terminal {
  readonly spoken: string[] = []
  readonly #events: number[] = []
  readonly #replies = new TerminalReplies(5)
  #number = 0
  #isTold = false

  press(session: number): void {
    this.#events.push(session)
  }

  receive(request: TerminalRequest, at = 0): TerminalMessage | undefined {
    const answer = this.#replies.receive(request, (asked) => this.#act(asked), at)
    return answer && decodeTerminal(answer)
  }

  #act(request: TerminalRequest): ReplyBody {
    if (request.type === 'hello') return identity(1)
    if (request.type === 'call') this.spoken.push(request.ticket)
    if (request.type !== 'poll') return { type: 'done' }
    if (request.received === this.#number && this.#number > 0 && this.#isTold) {
      this.#events.shift()
      this.#isTold = false
    }
    const [session] = this.#events
    if (session === undefined) return { type: 'idle', state: [] }
    if (!this.#isTold) this.#number = (this.#number % 255) + 1
    this.#isTold = true
    return { type: 'rating', number: this.#number, waiting: this.#events.length - 1, session, outcome: 'given', grade: 5 }
  }
}

test('a request that is repeated is answered again and carried out once', () => {
  const terminal = new Terminal()
  terminal.receive(hello(1))
  expect(terminal.receive(call(2, 'A1'))).toMatchObject({ type: 'done', sequence: 2, address: 5 })
  expect(terminal.receive(call(2, 'A1'))).toMatchObject({ type: 'done', sequence: 2 })
  terminal.receive(call(3, 'A1'))
  expect(terminal.spoken).toEqual(['A1', 'A1'])
})

test('nothing but a hello is carried out before the first hello', () => {
  const terminal = new Terminal()
  expect(terminal.receive(call(1, 'A1'))).toMatchObject({ type: 'error', code: 'hello-first' })
  expect(terminal.receive(call(9, 'A1', ADDRESS_ALL))).toBeUndefined()
  expect(terminal.receive({ ...hello(1), address: ADDRESS_ANY })).toMatchObject({ type: 'identity', address: 5 })
  expect(terminal.spoken).toEqual([])
})

test('after a hello the sequence of the last request is new again', () => {
  const terminal = new Terminal()
  terminal.receive(hello(1))
  terminal.receive(call(2, 'A1'))
  terminal.receive(hello(1))
  terminal.receive(call(2, 'A2'))
  expect(terminal.spoken).toEqual(['A1', 'A2'])
})

test('a broadcast is carried out once, never answered, and forgotten after its time; other terminals are not listened to', () => {
  const terminal = new Terminal()
  terminal.receive(hello(1))
  for (const at of [0, 30, 60, BROADCAST_MEMORY_MS]) expect(terminal.receive(call(7, 'A1', ADDRESS_ALL), at)).toBeUndefined()
  expect(terminal.receive(call(8, 'A2', 6))).toBeUndefined()
  expect(terminal.spoken).toEqual(['A1', 'A1'])
})

test('what needs an answer is not carried out when it is said to all', () => {
  const replies = new TerminalReplies(5)
  const carriedOut: string[] = []
  const act = (request: TerminalRequest): ReplyBody => {
    carriedOut.push(request.type)
    return identity(1)
  }
  replies.receive(hello(1), act, 0)
  replies.receive({ version: 1, address: ADDRESS_ALL, sequence: 1, type: 'rate', session: 1, seconds: 9, prompt: '' }, act, 0)
  replies.receive({ ...hello(2), address: ADDRESS_ALL }, act, 0)
  replies.receive({ version: 1, address: ADDRESS_ALL, sequence: 3, type: 'clear' }, act, 0)
  expect(carriedOut).toEqual(['hello', 'clear'])
})

test('the host counts an event again only when the terminal has started anew', () => {
  const requests = new TerminalRequests()
  requests.greet(1)
  expect(requests.take(1)).toBe(true)
  requests.greet(1)
  expect([requests.received, requests.take(1)]).toEqual([1, false])
  requests.greet(2)
  expect([requests.received, requests.take(1)]).toEqual([0, true])
})

/** What the line does with one try: the request is lost, the answer is lost, or neither; and the request may come twice. */
const tries = fc.array(fc.constantFrom('request lost', 'answer lost', 'fine', 'fine', 'doubled'), { maxLength: 200 })

test('on a line that loses and doubles frames every call is said once and every rating is counted once', () => {
  fc.assert(
    fc.property(tries, fc.array(fc.constantFrom('call', 'press', 'poll', 'hello'), { maxLength: 60 }), (line, jobs) => {
      const terminal = new Terminal()
      const requests = new TerminalRequests()
      const ratings: number[] = []
      const pressed: number[] = []
      const called: string[] = []
      const ask = (request: TerminalRequest): TerminalMessage => {
        for (;;) {
          const happens = line.shift() ?? 'fine'
          if (happens === 'request lost') continue
          const answers = [terminal.receive(request), happens === 'doubled' ? terminal.receive(request) : undefined]
          const [answer] = answers
          if (happens !== 'answer lost' && answer) return answer
        }
      }
      const greet = () => {
        const answer = ask(hello(requests.next()))
        if (answer.type === 'identity') requests.greet(answer.boot)
      }
      const poll = () => {
        const answer = ask({ version: 1, address: 5, sequence: requests.next(), type: 'poll', received: requests.received })
        if (answer.type === 'rating' && requests.take(answer.number)) ratings.push(answer.session)
        return answer.type
      }
      greet()
      for (const [index, job] of jobs.entries()) {
        if (job === 'hello') greet()
        if (job === 'poll') poll()
        if (job === 'press') {
          pressed.push(index + 1)
          terminal.press(index + 1)
        }
        if (job === 'call') {
          called.push(`${index}`)
          ask(call(requests.next(), `${index}`))
        }
      }
      while (poll() !== 'idle');
      expect(terminal.spoken).toEqual(called)
      expect(ratings).toEqual(pressed)
    }),
  )
})
