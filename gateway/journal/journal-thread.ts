import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { JOURNAL_ERROR_CODES, JournalError } from './journal-error.ts'
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
  readonly #ended = new AbortController()
  #calls = 0
  #isClosing = false

  private constructor(worker: Worker, { epoch, lanes }: JournalOpened) {
    this.#worker = worker
    this.epoch = epoch
    this.lanes = lanes
  }

  /** @throws JournalError, what opening the file throws. */
  static async open(file: string, gateway: string): Promise<JournalThread> {
    const worker = new Worker(new URL('./journal-worker.ts', import.meta.url), { workerData: { file, gateway } })
    const [opened] = (await once(worker, 'message').catch((cause: Error & { code?: string }) => {
      // A thread hands its error over without the class.
      throw new JournalError(JOURNAL_ERROR_CODES.find((code) => code === cause.code) ?? 'ended', cause.message, { cause })
    })) as [JournalOpened]
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

  /** Aborted when no call is answered any more; the reason is a JournalError, `ended` where nobody closed it. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  call<M extends JournalMethod>(method: M, ...args: Parameters<JournalFile[M]>): Promise<Result<M>> {
    if (this.ended.aborted) return Promise.reject(this.ended.reason)
    const id = ++this.#calls
    const answer = Promise.withResolvers<unknown>()
    this.#waiting.set(id, answer)
    this.#worker.postMessage({ id, method, args } as JournalCall)
    return answer.promise as Promise<Result<M>>
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.ended.aborted) return
    this.#isClosing = true
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
    this.#ended.abort(error)
    for (const answer of this.#waiting.values()) answer.reject(this.ended.reason)
    this.#waiting.clear()
  }
}
