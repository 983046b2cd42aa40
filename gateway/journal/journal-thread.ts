import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { JournalAnswer, JournalCall, JournalView } from './journal-call.ts'
import { JOURNAL_ERROR_CODES, JournalError, journalErrorOf } from './journal-error.ts'
import type { JournalFile } from './journal-file.ts'
import type { JournalMethod, JournalResult, JournalStore, StoreOptions } from './journal-store.ts'

/** The journal's file behind a thread: calls are answered in their order. */
export class JournalThread implements JournalStore {
  #view: JournalView
  readonly #worker: Worker
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #ended = new AbortController()
  #calls = 0
  #isClosing = false

  private constructor(worker: Worker, opened: JournalView) {
    this.#worker = worker
    this.#view = opened
  }

  /** @throws JournalError, what opening the file throws. */
  static async open(options: StoreOptions): Promise<JournalThread> {
    const worker = new Worker(new URL('./journal-worker.ts', import.meta.url), {
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
      workerData: options,
    })
    const [opened] = (await once(worker, 'message').catch((cause: Error & { code?: string }) => {
      // A thread hands its error over without the class.
      throw new JournalError(JOURNAL_ERROR_CODES.find((code) => code === cause.code) ?? 'ended', cause.message, { cause })
    })) as [JournalView]
    const thread = new JournalThread(worker, opened)
    worker.on('message', (answer: JournalAnswer) => thread.#settle(answer))
    worker.on('error', (cause) =>
      thread.#end(new JournalError('ended', `the journal's thread ended: ${(cause as Error).message}`, { cause })),
    )
    worker.on('exit', (code) =>
      thread.#end(
        thread.#isClosing
          ? new JournalError('closed', 'the journal is closed')
          : new JournalError('ended', `the journal's thread ended with ${code}`),
      ),
    )
    return thread
  }

  get epoch(): string {
    return this.#view.epoch
  }

  get lanes(): JournalView['lanes'] {
    return this.#view.lanes
  }

  get counters(): JournalView['counters'] {
    return this.#view.counters
  }

  get room(): JournalView['room'] {
    return this.#view.room
  }

  get ended(): AbortSignal {
    return this.#ended.signal
  }

  call<M extends JournalMethod>(method: M, ...args: Parameters<JournalFile[M]>): Promise<JournalResult<M>> {
    if (this.ended.aborted) return Promise.reject(this.ended.reason)
    const id = ++this.#calls
    const answer = Promise.withResolvers<unknown>()
    this.#waiting.set(id, answer)
    this.#worker.postMessage({ id, method, args } as JournalCall)
    return answer.promise as Promise<JournalResult<M>>
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.ended.aborted) return
    this.#isClosing = true
    const exit = once(this.#worker, 'exit')
    this.#worker.postMessage('close')
    await exit
  }

  #settle({ id, result, error, ...view }: JournalAnswer): void {
    this.#view = view
    const answer = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error) answer?.reject(journalErrorOf(error))
    else answer?.resolve(result)
  }

  #end(error: JournalError): void {
    this.#ended.abort(error)
    for (const answer of this.#waiting.values()) answer.reject(this.ended.reason)
    this.#waiting.clear()
  }
}
