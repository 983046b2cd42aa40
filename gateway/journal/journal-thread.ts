import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { JournalError } from './journal-error.ts'
import type { JournalFile } from './journal-file.ts'
import type { JournalAnswer, JournalCall, JournalMethod, JournalOpened } from './journal-worker.ts'

type Result<M extends JournalMethod> = ReturnType<JournalFile[M]>

/** The journal's file behind a thread: calls are answered in their order. */
export class JournalThread implements AsyncDisposable {
  readonly epoch: string
  lanes: JournalAnswer['lanes']
  counters: JournalAnswer['counters'] = { duplicates: 0, damaged: 0 }
  readonly #worker: Worker
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #calls = 0
  #closed: JournalError | null = null

  private constructor(worker: Worker, { epoch, lanes }: JournalOpened) {
    this.#worker = worker
    this.epoch = epoch
    this.lanes = lanes
  }

  /** @throws what opening the file throws. */
  static async open(file: string, gateway: string): Promise<JournalThread> {
    const worker = new Worker(new URL('./journal-worker.ts', import.meta.url), { workerData: { file, gateway } })
    const [opened] = (await once(worker, 'message')) as [JournalOpened]
    const thread = new JournalThread(worker, opened)
    worker.on('message', (answer: JournalAnswer) => thread.#settle(answer))
    worker.on('error', (cause) =>
      thread.#end(new JournalError('failed', `the journal's thread ended: ${(cause as Error).message}`, { cause })),
    )
    worker.on('exit', () => thread.#end(new JournalError('closed', 'the journal is closed')))
    return thread
  }

  call<M extends JournalMethod>(method: M, ...args: Parameters<JournalFile[M]>): Promise<Result<M>> {
    if (this.#closed) return Promise.reject(this.#closed)
    const id = ++this.#calls
    const answer = Promise.withResolvers<unknown>()
    this.#waiting.set(id, answer)
    this.#worker.postMessage({ id, method, args } as JournalCall)
    return answer.promise as Promise<Result<M>>
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    const exit = once(this.#worker, 'exit')
    this.#worker.postMessage('close')
    await exit
  }

  #settle({ id, result, error, lanes, counters }: JournalAnswer): void {
    this.lanes = lanes
    this.counters = counters
    const answer = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error) answer?.reject(new JournalError(error.code === 'SQLITE_FULL' ? 'full' : 'failed', error.message))
    else answer?.resolve(result)
  }

  #end(error: JournalError): void {
    this.#closed ??= error
    for (const answer of this.#waiting.values()) answer.reject(this.#closed)
    this.#waiting.clear()
  }
}
