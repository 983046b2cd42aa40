import type { BrokerNumbers, BrokerOptions } from './broker.ts'

/** What the cloud's process tells the broker's. */
export type BrokerOrder =
  | { readonly kind: 'open'; readonly options: Pick<BrokerOptions, 'host' | 'port'>; readonly isDebugging: boolean }
  | { readonly kind: 'stop' }

/** What the broker's process tells the cloud's. */
export type BrokerNews =
  | { readonly kind: 'ready'; readonly url: string }
  | { readonly kind: 'failed'; readonly message: string; readonly facts: Readonly<Record<string, unknown>> }
  | { readonly kind: 'numbers'; readonly numbers: ProcessNumbers }
  | {
      readonly kind: 'log'
      readonly level: 'debug' | 'info' | 'warn' | 'error'
      readonly facts: object
      readonly words: string
    }

/** The broker's numbers, and the memory that its process holds. */
export interface ProcessNumbers extends BrokerNumbers {
  readonly rssBytes: number
}
