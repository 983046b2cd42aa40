import { durationMs, type ModbusProfile, type Reason } from '#devices'
import { ProtocolError } from '#protocols/error'
import type { Response } from '#protocols/modbus'
import { DriverError } from './driver-error.ts'
import { type Query, queryOf } from './framing.ts'
import type { Line } from './line.ts'
import { READS } from './polled-block.ts'

/** What asking brought: the words, or why there are none. */
export type Outcome = readonly number[] | Failure

/** Why there are no words. */
export interface Failure {
  /**
   * - `silent`: no answer in time;
   * - `illegal`: refused, for these addresses or so many of them are not there (exceptions 2 and 3);
   * - `refused`: for another reason;
   * - `damaged`: something came that is no answer;
   * - `unreachable`: there is no connection;
   * - `unsent`: too much waited already, so it was not asked.
   */
  readonly kind: 'silent' | 'illegal' | 'refused' | 'damaged' | 'unreachable' | 'unsent'
  readonly reason: Reason
}

const ILLEGAL_ADDRESS = 2
const ILLEGAL_VALUE = 3

/** One unit of a line, asked with its own patience. */
export class UnitReader {
  readonly #line: Line
  readonly #unit: number
  readonly #timeoutMs: number

  constructor(line: Line, unit: number, timeoutMs: number) {
    this.#line = line
    this.#unit = unit
    this.#timeoutMs = timeoutMs
  }

  /** Undefined if a stop came. @throws what is no answer of this layer: then the driver wants to be opened again */
  async ask(query: Query, stop: AbortSignal): Promise<Outcome | undefined> {
    try {
      return wordsOf(await this.#line.transact(this.#unit, query, this.#timeoutMs, stop))
    } catch (error) {
      if (error instanceof DriverError && error.code === 'stopped' && stop.aborted) return undefined
      return failureOf(error)
    }
  }
}

/** Tells words from failures. */
export function isFailure(outcome: Outcome): outcome is Failure {
  return 'reason' in outcome
}

function wordsOf(response: Response): readonly number[] {
  if ('registers' in response) return response.registers
  return 'bits' in response ? response.bits.map(Number) : []
}

function failureOf(error: unknown): Failure {
  if (error instanceof ProtocolError) {
    const { code, exception } = error
    if (code !== 'exception') return { kind: 'damaged', reason: code === 'checksum' ? code : 'malformed' }
    const isIllegal = exception === ILLEGAL_ADDRESS || exception === ILLEGAL_VALUE
    return { kind: isIllegal ? 'illegal' : 'refused', reason: code }
  }
  if (error instanceof DriverError) {
    if (error.code === 'unreachable') return { kind: 'unreachable', reason: 'unreachable' }
    if (error.code === 'timeout') return { kind: 'silent', reason: 'timeout' }
    if (error.code === 'overloaded') return { kind: 'unsent', reason: 'timeout' }
  }
  throw error
}

/** What is sent before a round, and how long the device then needs. */
export interface Wake {
  readonly query: Query
  readonly delayMs: number
}

export function wakeOf({ send, table, address, delay }: NonNullable<ModbusProfile['modbus']['wake']>): Wake {
  const query =
    send === 'read'
      ? queryOf({ function: READS[table], address, count: 1 })
      : queryOf({ function: 16, address, count: 0, registers: [] })
  return { query, delayMs: durationMs(delay) }
}
