import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { type Clock, protocolOf } from '#devices'
import { type Bus, lineKey, parseLine, tools } from '#drivers'
import { frameQueue } from './line-frames.ts'
import type { SiteLine } from './site-lines.ts'

/** People who listen at a time: a technician, and another who asked for help. */
export const LISTENERS_MAX = 8

export interface LineRoutesOptions {
  readonly bus: Pick<Bus, 'tap'>
  readonly lines: readonly SiteLine[]
  readonly clock: Clock
}

/** The site's lines, and what goes over each of them while it works. */
export function addLineRoutes(app: FastifyInstance, { bus, lines, clock }: LineRoutesOptions): void {
  let listeners = 0
  const told = lines.map((line) => ({
    ...line,
    devices: line.devices.map(({ id, unit, profile }) => ({ id, unit, profile: profile.name })),
  }))

  app.get('/lines', async () => told.map(({ url, words, devices }) => ({ url, words, devices })))

  app.get<{ Params: { line: string } }>('/lines/:line/frames', async ({ params }, reply) => {
    const index = told.findIndex(({ url, devices }) => url === keyOf(params.line) || devices.some(({ id }) => id === params.line))
    const [line, site] = [told[index], lines[index]]
    if (line === undefined || site === undefined)
      return reply.code(404).send({
        code: 'not-found',
        message: `expected the URL of a line or the id of a device on it, got "${params.line}"; the lines are ${told.map(({ url }) => url).join(', ')}`,
      })
    const { Recorder, recordingHeader, wireMask } = await tools.record()
    if (listeners >= LISTENERS_MAX)
      return reply.code(503).send({ code: 'overloaded', message: `expected at most ${LISTENERS_MAX} listeners, got one more` })
    listeners++
    // A line has one protocol; where its devices name several, each is asked for a mask.
    const protocols = new Set(site.devices.map(({ profile }) => protocolOf(profile.profile)))
    const mask = [...protocols].map((protocol) => wireMask(protocol, randomBytes(16))).find((one) => one !== undefined)
    const now = { now: clock.now(), speed: clock.speed }
    const startedAt = clock.mono()
    const missing = (count: number): string =>
      `${JSON.stringify({ at: Math.round((clock.mono() - startedAt) * 10) / 10, dropped: count })}\n`
    const queue = frameQueue({ timers: clock, mono: clock.mono, missing })
    const recorder = new Recorder({
      header: recordingHeader(line.url, line.devices, now),
      write: queue.push,
      mono: clock.mono,
      ...(mask && { mask }),
    })
    const listening = bus.tap(line.url).listen((event) => {
      recorder.take(event)
      if (recorder.isEnded) queue.end()
    })
    queue.lines.once('close', () => {
      listening[Symbol.dispose]()
      listeners--
    })
    return reply.type('application/x-ndjson; charset=utf-8').header('cache-control', 'no-store').send(queue.lines)
  })
}

function keyOf(url: string): string {
  try {
    return lineKey(parseLine(url))
  } catch {
    // It may be a device's id.
    return url
  }
}
