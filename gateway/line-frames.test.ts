import { expect, test } from 'vitest'
import { FRAMES_SILENCE_MS_MAX, FRAMES_STUCK_MS_MAX, FRAMES_WAITING_MAX, frameQueue } from './line-frames.ts'

/** Machine time that stands still until it is moved. */
function timeOf() {
  let now = 0
  const timers = new Set<{ at: number; call: () => void }>()
  return {
    mono: () => now,
    timers: {
      after(ms: number, call: () => void) {
        const timer = { at: now + ms, call }
        timers.add(timer)
        return () => void timers.delete(timer)
      },
    },
    go(ms: number) {
      now += ms
      for (const timer of [...timers]) {
        if (timer.at > now) continue
        timers.delete(timer)
        timer.call()
      }
    },
    waiting: timers,
  }
}

const LINE = `${'x'.repeat(1023)}\n`
const missing = (count: number): string => `missing ${count}\n`

test('lines come in their order, and the end behind them', async () => {
  const queue = frameQueue({ ...timeOf(), missing })
  queue.push('a\n')
  queue.push('b\n')
  queue.end()
  queue.push('late\n')
  expect((await queue.lines.setEncoding('utf8').toArray()).join('')).toBe('a\nb\n')
})

test('a reader that waits gets each line at once, an empty one after a long silence, and the end', async () => {
  const time = timeOf()
  const queue = frameQueue({ ...time, missing })
  const heard: string[] = []
  queue.lines.setEncoding('utf8').on('data', (text: string) => void heard.push(text))
  const ended = new Promise((resolve) => queue.lines.once('end', resolve))
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  await turn()
  queue.push('a\n')
  await turn()
  time.go(FRAMES_SILENCE_MS_MAX)
  await turn()
  queue.push('b\n')
  await turn()
  queue.end()
  await ended
  expect(heard).toEqual(['a\n', '\n', 'b\n'])
  expect(time.waiting.size).toBe(0)
})

test('a slow reader is told how many lines are missing, and where', async () => {
  const queue = frameQueue({ ...timeOf(), missing })
  const fitting = FRAMES_WAITING_MAX / LINE.length
  for (let index = 0; index < fitting + 7; index++) queue.push(LINE)
  // Room again would be out of order: only the reader makes it.
  queue.push('short\n')
  queue.end()
  const text = (await queue.lines.setEncoding('utf8').toArray()).join('')
  expect(text.length).toBe(FRAMES_WAITING_MAX + 'missing 8\n'.length)
  expect(text.endsWith('missing 8\n')).toBe(true)
})

test('a reader that takes nothing for long is let go of', async () => {
  const time = timeOf()
  const queue = frameQueue({ ...time, missing })
  const closed = new Promise((resolve) => queue.lines.once('close', resolve))
  for (let size = 0; size <= FRAMES_WAITING_MAX; size += LINE.length) queue.push(LINE)
  expect(queue.lines.destroyed).toBe(false)
  time.go(FRAMES_STUCK_MS_MAX + 1)
  queue.push(LINE)
  await closed
  queue.push(LINE)
  expect(time.waiting.size).toBe(0)
})
