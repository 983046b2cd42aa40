import { Readable } from 'node:stream'
import type { Timers } from '#devices/time'

/** Characters of lines that wait for whoever reads them; a line at 115200 baud fills them in about ten seconds. */
export const FRAMES_WAITING_MAX = 256 * 1024
/** Whoever takes nothing for so long, while lines are dropped, is gone. */
export const FRAMES_STUCK_MS_MAX = 30_000
/** An empty line is sent after so long a silence, so that a dead connection is noticed. */
export const FRAMES_SILENCE_MS_MAX = 15_000

/** Lines on their way from one who must not wait to one who may be slow. */
export interface FrameQueue {
  /** Never waits: what has no room is dropped and counted. */
  push(line: string): void
  /** Nothing more comes. */
  end(): void
  /** The lines, and where some are missing, how many. Destroying it ends the queue. */
  readonly lines: Readable
}

export interface FrameQueueOptions {
  readonly timers: Timers
  readonly mono: () => number
  /** Says that lines are missing here, as a line. */
  readonly missing: (count: number) => string
}

/** A queue that is bounded at its writer's end; its reader sets the pace. */
export function frameQueue({ timers, mono, missing }: FrameQueueOptions): FrameQueue {
  let waiting: string[] = []
  let size = 0
  let dropped = 0
  let takenAt = mono()
  let isEnded = false
  /** The reader has asked and got nothing yet; cancels the empty line that it gets after a while. */
  let wanted: (() => void) | undefined

  const give = (text: string | null): void => {
    wanted?.()
    wanted = undefined
    takenAt = mono()
    lines.push(text)
  }
  const giveAll = (): void => {
    const text = waiting.join('') + (dropped > 0 ? missing(dropped) : '')
    waiting = []
    size = 0
    dropped = 0
    give(text)
  }
  const lines = new Readable({
    highWaterMark: 1,
    read() {
      if (wanted) return
      if (size > 0) giveAll()
      else if (isEnded) give(null)
      else wanted = timers.after(FRAMES_SILENCE_MS_MAX, () => give('\n'))
    },
    destroy(error, done) {
      isEnded = true
      wanted?.()
      done(error)
    },
  })
  return {
    lines,
    push(line) {
      if (isEnded) return
      // Once something is missing, nothing follows it but the word that it is: the order of what is there stays clear.
      if (dropped > 0 || size + line.length > FRAMES_WAITING_MAX) {
        dropped++
        if (mono() - takenAt > FRAMES_STUCK_MS_MAX) lines.destroy()
        return
      }
      waiting.push(line)
      size += line.length
      if (wanted) giveAll()
    },
    end() {
      isEnded = true
      if (wanted) give(null)
    },
  }
}
