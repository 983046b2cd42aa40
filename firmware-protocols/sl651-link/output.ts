import type { Frame } from '#protocols/sl651'

/** M1 report only, M2 report and confirm, M3 many packets and one confirm, M4 question and answer (SL 651-2014, 6.3). */
export const LINK_MODES = ['M1', 'M2', 'M3', 'M4'] as const
export type LinkMode = (typeof LINK_MODES)[number]

/** Why a command was not carried out, or cannot be known to have been. */
export type CommandFailure =
  | 'mode'
  | 'queue-full'
  | 'not-encodable'
  | 'no-answer'
  | 'echo-differs'
  | 'clock-not-set'
  | 'session-dropped'

/** Something to be told about a station. Nothing of it stops the exchange. */
export type LinkNotice =
  | { readonly code: 'password-mismatch'; readonly expected: string; readonly got: string }
  | { readonly code: 'wrong-direction' }
  /** An end character that a station must not send; taken for ETX. */
  | { readonly code: 'wrong-end'; readonly end: string }
  | { readonly code: 'bad-packet-number'; readonly packet: number; readonly packets: number }
  /** A body without serial and send time: dropped, not answered. */
  | { readonly code: 'bad-body'; readonly function: string }
  /** Says that it did what nobody asked for; reported, not confirmed. */
  | { readonly code: 'unasked'; readonly function: string }
  /** A packet contradicts those that came before: the message began anew. */
  | { readonly code: 'assembly-restarted'; readonly function: string; readonly packets: number }
  /** `missing` names the first of the `missingCount` packets that never came. */
  | {
      readonly code: 'assembly-dropped'
      readonly reason: 'timeout' | 'naks' | 'too-large' | 'too-many'
      readonly function: string
      readonly packets: number
      readonly missing: readonly number[]
      readonly missingCount: number
    }
  /** Was told to stay online, and nothing was asked for too long. */
  | { readonly code: 'offline' }
  | { readonly code: 'session-dropped' }
  | { readonly code: 'command-sent'; readonly command: string; readonly attempt: number }
  /** `clockOffsetMs`: of a set clock, how far it is from the centre's. */
  | { readonly code: 'command-done'; readonly command: string; readonly clockOffsetMs?: number }
  | { readonly code: 'command-failed'; readonly command: string; readonly reason: CommandFailure }

/** What has to happen next. To be carried out in order: a report is to be kept safe before its answer is sent. */
export type LinkOutput =
  | { readonly kind: 'send'; readonly station: string; readonly bytes: Uint8Array }
  | {
      readonly kind: 'report'
      readonly station: string
      /** The whole message: of several packets the body put together, without packet numbers. */
      readonly frame: Frame
      readonly serial: number
      /** YYMMDDHHmmSS of the station's clock. */
      readonly sendTime: string
      /** When its last packet arrived. */
      readonly at: number
      /** Function 30: it must not be taken for a measurement. */
      readonly isTest: boolean
      readonly packets?: number
      /** The command that it answers. */
      readonly command?: string
    }
  /** Came before and was reported then; it was answered again. */
  | {
      readonly kind: 'duplicate'
      readonly station: string
      readonly function: string
      readonly serial: number
      readonly sendTime: string
    }
  | { readonly kind: 'heartbeat'; readonly station: string; readonly at: number }
  | { readonly kind: 'notice'; readonly station: string; readonly notice: LinkNotice }
