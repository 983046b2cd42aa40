import { describe, expect, test } from 'vitest'
import { EVENT_LENGTH_MAX, eventSplitter } from './event-stream.ts'
import { feedEvent } from './feed.ts'

const STREAM =
  ': hello\n\nid: 7\nevent: station\ndata: {"id":"s1"}\n\ndata: a\r\ndata: b\r\n\r\nevent: nothing\n\nid: 8\ndata:c\n\n'
const EVENTS = [
  { id: '7', event: 'station', data: '{"id":"s1"}' },
  { id: '7', event: 'message', data: 'a\nb' },
  { id: '8', event: 'message', data: 'c' },
]

describe('an event stream', () => {
  test('gives its events, joins lines of data, keeps the id, and drops comments and events without data', () => {
    expect(eventSplitter()(STREAM)).toEqual(EVENTS)
  })

  test('gives the same events wherever it is cut', () => {
    for (let cut = 0; cut <= STREAM.length; cut++) {
      const split = eventSplitter()
      expect([...split(STREAM.slice(0, cut)), ...split(STREAM.slice(cut))]).toEqual(EVENTS)
    }
    const split = eventSplitter()
    expect([...STREAM].flatMap((sign) => split(sign))).toEqual(EVENTS)
  })

  test('ends rather than grows without a bound', () => {
    const half = 'x'.repeat(EVENT_LENGTH_MAX / 2)
    const split = eventSplitter()
    split(`data: ${half}\n`)
    expect(() => split(`data: ${half}\ndata: x`)).toThrow(RangeError)
    expect(() => eventSplitter()(`data: ${half}${half}`)).toThrow(RangeError)
  })
})

describe('an event of the feed', () => {
  const raw = (event: string, data: unknown) => ({ id: '', event, data: JSON.stringify(data) })

  test('is read by its kind', () => {
    expect(feedEvent(raw('hello', { now: 5, speed: 60 }))).toEqual({ kind: 'hello', now: 5, speed: 60 })
    expect(feedEvent(raw('gateway', { id: 'g' }))).toEqual({ kind: 'gateway', id: 'g' })
  })

  test('of a kind that this page does not know is nothing', () => {
    expect(feedEvent(raw('ticket', {}))).toBeUndefined()
  })

  test('of another shape is refused', () => {
    expect(() => feedEvent(raw('hello', { now: 'noon' }))).toThrow('feed hello.now: expected a number, got "noon"')
  })
})
