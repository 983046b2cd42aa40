import type { ServerResponse } from 'node:http'
import fastifyStatic from '@fastify/static'
import fastify, { type FastifyInstance } from 'fastify'
import { webRoot } from '../index.ts'
import { stageAudit, stageLetters } from './letters.ts'
import { STATION, StageSite } from './site.ts'

/** How the stage's server behaves: `broken` answers 503 and cuts the feed, `forbidden` 403, `silent` never answers. */
export type Mood = 'well' | 'broken' | 'forbidden' | 'silent'

/** As strict as the cloud's own: the page runs its own scripts and styles only. */
const POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; object-src 'none'"

/** A server for the page alone: it serves the built page and answers the contract from a `StageSite`. */
export class StageServer implements AsyncDisposable {
  readonly site: StageSite
  readonly #app: FastifyInstance
  readonly #feeds = new Set<ServerResponse>()
  #mood: Mood = 'well'
  #isEmpty = false
  #change = 100
  /** How many things could not be stored on this stage: the first ones of `stageLetters`. */
  lettersShown = 0

  private constructor(site: StageSite) {
    this.site = site
    this.#app = fastify({ forceCloseConnections: true })
  }

  /** @param minute of the storm at which it starts */
  static async open(
    minute: number,
    { speed = 1, isEmpty = false }: { speed?: number; isEmpty?: boolean } = {},
  ): Promise<StageServer> {
    const stage = new StageServer(new StageSite(minute, speed))
    stage.#isEmpty = isEmpty
    stage.#routes()
    await stage.#app.listen({ host: '127.0.0.1', port: 0 })
    return stage
  }

  get url(): string {
    return this.#app.listeningOrigin
  }

  /** Pages that hang on the feed now. */
  get listeners(): number {
    return this.#feeds.size
  }

  turn(mood: Mood): void {
    this.#mood = mood
    if (mood !== 'well') for (const feed of this.#feeds) feed.destroy()
  }

  /** Lets the storm go on to a minute, telling the pages every row and alert on the way as the cloud would. */
  advance(minute: number): void {
    while (this.site.minute < minute) {
      const before = JSON.stringify(this.site.alerts())
      this.site.minute += 5
      const at = this.site.now - 3_000
      const points = ['rain_total', 'battery', 'level', 'velocity', 'fault']
      this.#tell('readings', { rows: points.flatMap((point) => this.site.rows(point).filter((row) => row.at === at)) })
      if (JSON.stringify(this.site.alerts()) === before) continue
      for (const alert of this.site.alerts()) this.#tell('alert', alert)
      this.#tell('station', { id: STATION })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const feed of this.#feeds) feed.destroy()
    await this.#app.close()
  }

  #tell(event: string, data: unknown): void {
    const text = `id: ${this.#change++}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`
    for (const feed of this.#feeds) feed.write(text)
  }

  #routes(): void {
    const app = this.#app
    app.register(fastifyStatic, { root: webRoot })
    app.setNotFoundHandler((request, reply) =>
      request.url.startsWith('/api/')
        ? reply.code(404).send({ code: 'not-found', message: 'no such thing' })
        : reply.code(404).sendFile('index.html'),
    )
    app.addHook('onRequest', async (request, reply) => {
      reply.header('content-security-policy', POLICY)
      if (!request.url.startsWith('/api/')) return
      if (this.#mood === 'silent') await new Promise(() => {})
      if (this.#mood === 'broken') await reply.code(503).send({ code: 'store-closed', message: 'the store is closed' })
      if (this.#mood === 'forbidden') await reply.code(403).send({ code: 'forbidden', message: 'not yours' })
    })
    app.get('/api/site', () => this.site.site())
    app.get('/api/stations', () => (this.#isEmpty ? [] : [this.site.station()]))
    app.get<{ Params: { id: string } }>('/api/stations/:id', ({ params }, reply) =>
      params.id === STATION ? this.site.station() : reply.code(404).send({ code: 'not-found', message: 'no such station' }),
    )
    app.get('/api/alerts', () => (this.#isEmpty ? [] : this.site.alerts()))
    app.get<{ Querystring: Record<string, string> }>('/api/series', ({ query }) => {
      const rows = this.site.rows(query.point ?? '').filter(({ at }) => at >= Number(query.from) && at < Number(query.to))
      return { device: query.device, point: query.point, unit: 'm', decimals: 2, meaning: 'gauge', rows, truncated: false }
    })
    app.get<{ Querystring: Record<string, string> }>('/api/rain', ({ query }) => {
      const rows = this.site.rain(Number(query.from), Number(query.to), Number(query.step))
      return { unit: 'mm', decimals: 1, rows, total: rows.reduce((total, { sum }) => total + sum, 0) }
    })
    app.get('/dead-letters', (_, reply) => reply.sendFile('index.html'))
    app.get<{ Querystring: Record<string, string> }>('/api/dead-letters', ({ query }) =>
      stageLetters(this.site.now, this.lettersShown, query),
    )
    app.get('/api/audit', () => (this.#isEmpty ? { ok: true, gateways: [] } : stageAudit(this.lettersShown > 0)))
    app.get('/api/feed', (_, reply) => {
      reply.hijack()
      const feed = reply.raw
      feed.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      feed.write(`event: hello\ndata: ${JSON.stringify({ now: this.site.now, speed: this.site.speed })}\n\n`)
      this.#feeds.add(feed)
      feed.on('close', () => this.#feeds.delete(feed))
    })
  }
}
