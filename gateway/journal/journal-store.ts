import type { JournalFile } from './journal-file.ts'
import type { JournalCounters } from './journal-tables.ts'
import type { LaneStates } from './lane-counts.ts'
import type { OutboxLimits, OutboxRoom } from './outbox-bound.ts'

/** What the journal's file is asked through a store. */
export type JournalMethod = 'append' | 'next' | 'reseal' | 'settle' | 'states' | 'renew' | 'leaveMark' | 'newest' | 'release'
export type JournalResult<M extends JournalMethod> = ReturnType<JournalFile[M]>

/** The journal's file, wherever it runs: calls are answered in their order, each with what it changed. */
export interface JournalStore extends AsyncDisposable {
  /** The life of the journal's numbers as of the last answer; it may change while it runs. */
  readonly epoch: string
  readonly lanes: LaneStates
  readonly counters: JournalCounters
  /** How much of its bound the outbox takes. */
  readonly room: OutboxRoom
  /** Aborted when no call is answered any more; the reason is a JournalError, `ended` where nobody closed it. */
  readonly ended: AbortSignal
  /** @throws JournalError `full` or `failed` where the disk refuses, `closed` or `ended` once nothing is answered any more */
  call<M extends JournalMethod>(method: M, ...args: Parameters<JournalFile[M]>): Promise<JournalResult<M>>
}

export interface StoreOptions {
  readonly file: string
  readonly gateway: string
  /** Site time of the opening, epoch ms: what opening has to tell is told as of it. */
  readonly now: number
  /** How much may wait for the cloud; default `OUTBOX_LIMITS`. */
  readonly limits?: OutboxLimits
}

/** @throws JournalError for a file that may not be written. */
export type OpenStore = (options: StoreOptions) => Promise<JournalStore>
