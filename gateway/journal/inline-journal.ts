import type { Timers } from '#devices/time'
import { answerCall, type JournalAnswer, type JournalCall, type JournalView, viewOf } from './journal-call.ts'
import { JournalError, journalErrorOf } from './journal-error.ts'
import { JournalFile, type JournalFileOptions } from './journal-file.ts'
import type { JournalMethod, JournalResult, JournalStore } from './journal-store.ts'

export interface InlineOptions extends JournalFileOptions {
  readonly timers: Timers
  /** Machine milliseconds until the disk does what it was asked; default 0. */
  readonly delayMs?: () => number
}

/** The journal's file in this thread, each call answered later and in order: for a simulation, which runs a whole site in one process. */
export class InlineJournal implements JournalStore {
  readonly #file: JournalFile
  readonly #options: InlineOptions
  readonly #ended = new AbortController()
  #view: JournalView
  #calls = 0
  #answered: Promise<unknown> = Promise.resolve()

  private constructor(options: InlineOptions) {
    this.#options = options
    this.#file = new JournalFile(options)
    this.#view = viewOf(this.#file)
  }

  /** @throws JournalError, what opening the file throws. */
  static async open(options: InlineOptions): Promise<InlineJournal> {
    return new InlineJournal(options)
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
    const call = { id: ++this.#calls, method, args } as JournalCall
    const answer = this.#answered.then(() => this.#perform(call))
    this.#answered = answer.catch(() => {})
    return answer as Promise<JournalResult<M>>
  }

  /** As if the process was killed: nothing more is done or answered, and the file is left as it lies there. */
  crash(): void {
    this.#ended.abort(new JournalError('ended', 'the journal was killed'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#answered
    if (this.ended.aborted) return
    this.#ended.abort(new JournalError('closed', 'the journal is closed'))
    this.#file[Symbol.dispose]()
  }

  async #perform(call: JournalCall): Promise<unknown> {
    const { timers, delayMs } = this.#options
    await new Promise<void>((resolve) => timers.after(delayMs?.() ?? 0, resolve))
    this.ended.throwIfAborted()
    const { result, error, ...view }: JournalAnswer = answerCall(this.#file, call)
    this.#view = view
    if (error) throw journalErrorOf(error)
    return result
  }
}
