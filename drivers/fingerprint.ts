import type { Table } from '#devices'
import { ProtocolError } from '#protocols/error'
import { decodeRegisters, encodeRegisters, type RegisterType, type WordOrder } from '#protocols/modbus'
import { type Query, queryOf } from './framing.ts'
import type { Line } from './line.ts'
import { READS } from './polled-block.ts'
import { UnitBreaker } from './unit-breaker.ts'
import { type Failure, isFailure, type UnitReader } from './unit-reader.ts'

/** What only this device says of itself, such as its serial number. */
export interface Fingerprint {
  readonly table: Extract<Table, 'input' | 'holding'>
  readonly address: number
  /** Of an `expect` that is a number. */
  readonly type: RegisterType
  readonly words: WordOrder
  /** A number of the type, or the registers in hex in the order of the wire, four digits each: `0x41424344`. */
  readonly expect: number | string
}

/** Registers that a fingerprint in hex may have. */
export const FINGERPRINT_REGISTERS_MAX = 32
const ADDRESSES = 0x1_0000

/** Why it can never be found; undefined if it can. */
export function fingerprintFault(fingerprint: Fingerprint): string | undefined {
  const { address, expect, type } = fingerprint
  try {
    if (address + registersOf(fingerprint).length <= ADDRESSES) return undefined
    return `expected registers up to ${ADDRESSES - 1}, got some from ${address} on that go beyond`
  } catch (error) {
    if (!(error instanceof ProtocolError || error instanceof RangeError)) throw error
    return `expected a whole number that ${type} holds, got ${expect}`
  }
}

export type Verdict =
  | 'same'
  /** It is another device, or none that has such registers. In words, as the expectation is. */
  | { readonly found: string }
  /** It did not say. */
  | Failure

export interface FingerprintGuardOptions {
  readonly fingerprint: Fingerprint
  readonly reader: Pick<UnitReader, 'ask'>
  readonly line: Pick<Line, 'counts'>
  /** Milliseconds that only rise, at the site's pace. */
  readonly pace: () => number
  readonly random: () => number
}

/** Sees to it that it is the named device that answers: nothing is believed since a new connection or a silence, until its fingerprint was read. */
export class FingerprintGuard {
  readonly #options: FingerprintGuardOptions
  readonly #expected: readonly number[]
  readonly #query: Query
  readonly #breaker: UnitBreaker
  /** The connection on which it was found. */
  #connection: number | undefined

  constructor(options: FingerprintGuardOptions) {
    const { table, address } = options.fingerprint
    this.#options = options
    this.#expected = registersOf(options.fingerprint)
    this.#query = queryOf({ function: READS[table], address, count: this.#expected.length })
    this.#breaker = new UnitBreaker(options.random)
  }

  get expected(): string {
    return this.#inWords(this.#expected)
  }

  /** Whether it was found on this very connection, and nothing happened since. */
  get isSure(): boolean {
    return this.#connection !== undefined && this.#connection === this.#options.line.counts.connections
  }

  /** Another device was found, and its next try is not due yet. */
  get isResting(): boolean {
    return this.#breaker.resting(this.#options.pace()) !== undefined
  }

  /** The device was silent: it may have been exchanged. */
  doubt(): void {
    this.#connection = undefined
  }

  /** Undefined if a stop came. */
  async verify(stop: AbortSignal): Promise<Verdict | undefined> {
    this.doubt()
    const outcome = await this.#options.reader.ask(this.#query, stop)
    if (outcome === undefined) return undefined
    if (isFailure(outcome)) {
      if (outcome.kind !== 'illegal') return outcome
      this.#breaker.silent(outcome, this.#options.pace())
      return { found: 'no such register' }
    }
    if (outcome.length === this.#expected.length && outcome.every((word, index) => word === this.#expected[index])) {
      this.#breaker.answered()
      this.#connection = this.#options.line.counts.connections
      return 'same'
    }
    this.#breaker.silent(OTHER, this.#options.pace())
    return { found: this.#inWords(outcome) }
  }

  #inWords(registers: readonly number[]): string {
    const { expect, type, words } = this.#options.fingerprint
    if (typeof expect === 'number') return String(decodedOf(type, words, registers) ?? hexOf(registers))
    return hexOf(registers)
  }
}

const OTHER: Failure = { kind: 'refused', reason: 'exception' }
const REGISTER_DIGITS = 4

function registersOf({ type, words, expect }: Fingerprint): number[] {
  if (typeof expect === 'number') return encodeRegisters(type, words, BigInt(expect))
  return [...expect.slice(2).matchAll(/.{4}/g)].map(([digits]) => Number.parseInt(digits, 16))
}

/** Undefined for registers that hold no number of the type, as ones that are no BCD. */
function decodedOf(type: RegisterType, words: WordOrder, registers: readonly number[]): number | bigint | undefined {
  try {
    return decodeRegisters(type, words, registers)
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

function hexOf(registers: readonly number[]): string {
  return `0x${registers.map((register) => register.toString(16).padStart(REGISTER_DIGITS, '0')).join('')}`
}
