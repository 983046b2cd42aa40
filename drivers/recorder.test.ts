import { Duplex, duplexPair } from 'node:stream'
import { finished } from 'node:stream/promises'
import { expect, test } from 'vitest'
import { wireMask } from './mask.ts'
import { Recorder, type RecorderOptions, tapped } from './recorder.ts'
import { formatRecording, lengthOf, parseRecording, recordingHeader, startOf } from './recording.ts'
import { type WireEvent, WireTap } from './wire-tap.ts'

const START = Date.UTC(2026, 6, 1)
const header = recordingHeader('tcp://127.0.0.1:502', [{ id: 'R', unit: 1, profile: 'rain-gauge/acme-rg-1' }], {
  now: START,
  speed: 60,
})
const tx = (...bytes: number[]): WireEvent => ({ kind: 'tx', bytes: Uint8Array.from(bytes) })

function recorderOf(options: Partial<RecorderOptions> = {}) {
  const lines: string[] = []
  let now = 1000
  const recorder = new Recorder({ header, write: (line) => void lines.push(line), mono: () => now, ...options })
  const at = (ms: number): void => {
    now = 1000 + ms
  }
  return { recorder, text: () => lines.join(''), lines, at }
}

test('a recording is read as it was written', () => {
  const { recorder, text, at } = recorderOf()
  recorder.take({ kind: 'open' })
  at(1.26)
  recorder.take(tx(1, 0xff))
  at(20)
  recorder.take({ kind: 'rx', bytes: Uint8Array.of(0) })
  recorder.take({ kind: 'close' })
  recorder.take({ kind: 'error', why: 'gone' })
  recorder.end()
  recorder.end()
  recorder.take(tx(2))
  const recording = parseRecording(text(), 'a')
  expect(recording).toEqual({
    header,
    entries: [
      { at: 0, event: 'open' },
      { at: 1.3, tx: '01ff' },
      { at: 20, rx: '00' },
      { at: 20, event: 'close' },
      { at: 20, event: 'error', why: 'gone' },
    ],
  })
  expect([startOf(recording.header), lengthOf(recording), lengthOf({ header, entries: [] })]).toEqual([START, 20, 0])
  expect(formatRecording(recording)).toBe(text())
  // A disk that was full in the middle of a line.
  expect(parseRecording(text().slice(0, -5), 'a').entries).toHaveLength(4)
})

test('a recording that has become large or long ends, and says so', () => {
  const large = recorderOf({ bytesMax: 300 })
  for (let index = 0; index < 100; index++) large.recorder.take(tx(index))
  expect(large.recorder.isEnded).toBe(true)
  expect(large.text().length).toBeLessThan(500)
  expect(large.lines.at(-1)).toContain('"event":"end","why":"it has become large"')
  const long = recorderOf({ msMax: 10 })
  long.at(11)
  long.recorder.take(tx(1))
  long.recorder.take(tx(1))
  expect(long.lines.slice(1)).toEqual(['{"at":11,"event":"end","why":"it has become long"}\n'])
})

test('what a mask holds back is written, as zeros, before what happens next', () => {
  const mask = wireMask('sl651', new Uint8Array(16))
  if (mask === undefined) throw new Error('no mask')
  const { recorder, lines } = recorderOf({ mask })
  recorder.take({ kind: 'rx', bytes: Uint8Array.of(0x7e, 0x7e, 0x01) })
  recorder.take({ kind: 'close' })
  recorder.end()
  expect(lines.slice(1).map((line) => JSON.parse(line))).toEqual([
    { at: 0, rx: '000000' },
    { at: 0, event: 'close' },
  ])
})

test.each([
  ['', 'a:1:1: expected a recording, whose first line is its header'],
  ['{"sluice":"ledger"}\n', 'a:1:1: expected the header of a recording'],
  ['nonsense\n', 'a:1:1: expected a JSON object, got "nonsense"'],
  [`${JSON.stringify(header)}\n{"at":1,"tx":"0"}\n`, 'a:2:1: expected "at" with tx, rx, event or dropped, got'],
  [
    `${JSON.stringify(header)}\n\n{"at":2,"tx":"00"}\n{"at":1,"rx":"00"}\n`,
    'a:4:1: expected times that only rise, got 1 behind 2',
  ],
])('the first wrong line of %j is told', (text, message) => {
  expect(() => parseRecording(text, 'a')).toThrow(message)
})

test('nobody hears a tap before or after listening', () => {
  const tap = new WireTap()
  const heard: WireEvent[] = []
  tap.sent(Uint8Array.of(1))
  const listening = tap.listen((event) => void heard.push(event))
  tap.received(Uint8Array.of(2))
  listening[Symbol.dispose]()
  tap.received(Uint8Array.of(3))
  expect(heard).toEqual([{ kind: 'rx', bytes: Uint8Array.of(2) }])
})

test('a link with a tap carries the same bytes both ways, and both ends end', async () => {
  const [near, far] = duplexPair()
  const tap = new WireTap()
  const heard: unknown[] = []
  tap.listen((event) => void heard.push('bytes' in event ? [event.kind, Buffer.from(event.bytes).toString()] : event.kind))
  const link = tapped(near, tap)
  link.write('ask')
  const asked = new Promise((resolve) => far.once('data', (data: Buffer) => resolve(data.toString())))
  expect(await asked).toBe('ask')
  far.write('answer')
  const answered = new Promise((resolve) => link.once('data', (data: Buffer) => resolve(data.toString())))
  expect(await answered).toBe('answer')
  link.destroy()
  await new Promise((resolve) => (link.closed ? resolve(undefined) : link.once('close', resolve)))
  expect(near.destroyed).toBe(true)
  expect(heard).toEqual(['open', ['tx', 'ask'], ['rx', 'answer'], 'close'])
})

test('a link that fails fails for who uses it', async () => {
  const inner = new Duplex({ read: () => {}, write: (_, __, done) => done() })
  const link = tapped(inner)
  const ended = finished(link)
  inner.destroy(new Error('unplugged'))
  await expect(ended).rejects.toThrow('unplugged')
})
