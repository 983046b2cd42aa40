import { parentPort, workerData } from 'node:worker_threads'
import { JournalFile } from './journal-file.ts'

/** A call to the journal's file in its own thread: a slow disk never stops the reading of devices. */
export type JournalCall = {
  readonly [M in JournalMethod]: { readonly id: number; readonly method: M; readonly args: Parameters<JournalFile[M]> }
}[JournalMethod]
export type JournalMethod = 'append' | 'next' | 'settle' | 'states'

/** The answer, with the lanes as they are after it. */
export interface JournalAnswer {
  readonly id: number
  readonly result?: unknown
  readonly error?: { readonly code: string; readonly message: string }
  readonly lanes: ReturnType<JournalFile['lanes']>
  readonly counters: JournalFile['counters']
}

/** Said once, when the file is open. */
export interface JournalOpened {
  readonly epoch: string
  readonly lanes: JournalAnswer['lanes']
}

const { file, gateway } = workerData as { file: string; gateway: string }
const port = parentPort
if (port === null) throw new Error('expected to run as a worker')
const journal = new JournalFile(file, gateway)
port.postMessage({ epoch: journal.epoch, lanes: journal.lanes() } satisfies JournalOpened)
port.on('message', (call: JournalCall | 'close') => {
  if (call === 'close') {
    journal[Symbol.dispose]()
    port.close()
    return
  }
  let outcome: Pick<JournalAnswer, 'result' | 'error'>
  try {
    outcome = { result: perform(call) }
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    outcome = { error: { code: code ?? 'failed', message } }
  }
  port.postMessage({ id: call.id, ...outcome, lanes: journal.lanes(), counters: journal.counters } satisfies JournalAnswer)
})

function perform(call: JournalCall): unknown {
  switch (call.method) {
    case 'append':
      return journal.append(...call.args)
    case 'next':
      return journal.next(...call.args)
    case 'settle':
      return journal.settle(...call.args)
    case 'states':
      return journal.states(...call.args)
  }
}
