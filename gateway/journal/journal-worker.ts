import { parentPort, workerData } from 'node:worker_threads'
import { answerCall, type JournalCall, type JournalView, viewOf } from './journal-call.ts'
import { JournalFile } from './journal-file.ts'
import type { StoreOptions } from './journal-store.ts'

/** The journal's file in its own thread: a slow disk never stops the reading of devices. */
const port = parentPort
if (port === null) throw new Error('expected to run as a worker')
const journal = new JournalFile(workerData as StoreOptions)
port.postMessage(viewOf(journal) satisfies JournalView)
port.on('message', (call: JournalCall | 'close') => {
  if (call === 'close') {
    journal[Symbol.dispose]()
    port.close()
  } else port.postMessage(answerCall(journal, call))
})
