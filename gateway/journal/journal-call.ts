import type { JournalFile } from './journal-file.ts'
import type { JournalMethod } from './journal-store.ts'
import type { JournalCounters } from './journal-tables.ts'
import type { LaneStates } from './lane-counts.ts'
import type { OutboxRoom } from './outbox-bound.ts'

/** A call to the journal's file. */
export type JournalCall = {
  readonly [M in JournalMethod]: { readonly id: number; readonly method: M; readonly args: Parameters<JournalFile[M]> }
}[JournalMethod]

/** What a store shows of its file. */
export interface JournalView {
  readonly epoch: string
  readonly lanes: LaneStates
  readonly counters: JournalCounters
  readonly room: OutboxRoom
}

/** The answer, with the journal as it is after it. */
export interface JournalAnswer extends JournalView {
  readonly id: number
  readonly result?: unknown
  readonly error?: { readonly code: string; readonly message: string }
}

/** Answers a call; never throws. */
export function answerCall(journal: JournalFile, call: JournalCall): JournalAnswer {
  let outcome: Pick<JournalAnswer, 'result' | 'error'>
  try {
    outcome = { result: perform(journal, call) }
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    outcome = { error: { code: code ?? 'failed', message } }
  }
  return { id: call.id, ...outcome, ...viewOf(journal) }
}

export function viewOf(journal: JournalFile): JournalView {
  return { epoch: journal.epoch, lanes: journal.lanes(), counters: journal.counters, room: journal.room() }
}

function perform(journal: JournalFile, call: JournalCall): unknown {
  switch (call.method) {
    case 'append':
      return journal.append(...call.args)
    case 'next':
      return journal.next(...call.args)
    case 'reseal':
      return journal.reseal(...call.args)
    case 'settle':
      return journal.settle(...call.args)
    case 'states':
      return journal.states(...call.args)
    case 'newest':
      return journal.newest()
    case 'release':
      return journal.release(...call.args)
    case 'renew':
      return journal.renew(...call.args)
    case 'leaveMark':
      return journal.leaveMark(...call.args)
  }
}
