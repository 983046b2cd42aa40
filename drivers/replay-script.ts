import { TcpSplitter } from '#protocols/modbus'
import { parseLine } from './line-address.ts'
import type { Recording } from './recording.ts'

/** What followed, so long after the request: bytes, or the end of the connection. */
export interface Effect {
  readonly afterMs: number
  /** Absent: the connection ends. */
  readonly bytes?: Uint8Array
}

/** A request of the recording, with all that was heard until the next one. */
export interface Exchange {
  /** What two requests that mean the same have in common, see `ReplayScript.key`. */
  readonly key: string
  readonly at: number
  /** Its transaction, on Modbus TCP. */
  readonly transaction: number
  readonly effects: readonly Effect[]
}

/** A request that is asked of a replay. */
export interface AskedBytes {
  readonly key: string
  readonly transaction: number
}

/** A recording as a device would know it: what it said by itself, and what it answers to what. */
export interface ReplayScript {
  /** Before anything was asked, from the start of the recording. */
  readonly unasked: readonly Effect[]
  /** In the order of the recording. */
  readonly exchanges: readonly Exchange[]
  /** The same by what was asked. */
  readonly byKey: ReadonlyMap<string, readonly Exchange[]>
  /** Whether the line speaks Modbus TCP, whose requests may differ in their transaction and mean the same. */
  readonly hasTransactions: boolean
  /** How connections went: when they were had, and when they were refused and why. */
  readonly connections: readonly { readonly at: number; readonly refused?: string }[]
}

/** Takes a recording apart. @throws DriverError `configuration` for a line that is none */
export function replayScript({ header, entries }: Recording): ReplayScript {
  const hasTransactions = parseLine(header.line).kind === 'tcp'
  const unasked: Effect[] = []
  const exchanges: (Exchange & { readonly effects: Effect[] })[] = []
  const connections: { at: number; refused?: string }[] = []
  for (const entry of entries) {
    const { at } = entry
    const last = exchanges.at(-1)
    const add = (effect: Omit<Effect, 'afterMs'>): void =>
      void (last ? last.effects.push({ afterMs: at - last.at, ...effect }) : unasked.push({ afterMs: at, ...effect }))
    if ('tx' in entry) {
      const bytes = Buffer.from(entry.tx, 'hex')
      for (const asked of hasTransactions ? askedTcp(bytes) : [askedRaw(bytes)]) exchanges.push({ ...asked, at, effects: [] })
    } else if ('rx' in entry) add({ bytes: new Uint8Array(Buffer.from(entry.rx, 'hex')) })
    else if ('event' in entry) {
      if (entry.event === 'open') connections.push({ at })
      if (entry.event === 'error') connections.push({ at, refused: entry.why ?? 'no reason' })
      if (entry.event === 'close') add({})
    }
  }
  return { unasked, exchanges, byKey: Map.groupBy(exchanges, ({ key }) => key), hasTransactions, connections }
}

/** One whole request of a line without transactions: its bytes. */
export function askedRaw(bytes: Uint8Array): AskedBytes {
  return { key: Buffer.from(bytes).toString('hex'), transaction: 0 }
}

/** The requests of whole Modbus TCP frames: unit and PDU. */
export function askedTcp(bytes: Uint8Array, splitter = new TcpSplitter()): AskedBytes[] {
  return splitter
    .push(bytes)
    .map(({ transaction, unit, pdu }) => ({ key: `${unit} ${Buffer.from(pdu).toString('hex')}`, transaction }))
}

/**
 * The effects of an exchange for somebody who asked with another transaction: each frame's is moved by as much, so that answers to older requests
 * stay what they were. Bytes are cut as they came.
 */
export function effectsFor({ effects, transaction }: Exchange, asked: AskedBytes): readonly Effect[] {
  const delta = (asked.transaction - transaction) & 0xffff
  if (delta === 0) return effects
  const all = Buffer.concat(effects.flatMap(({ bytes }) => (bytes ? [bytes] : [])))
  for (let from = 0; from + MBAP_HEAD <= all.length; from += MBAP_HEAD + all.readUInt16BE(from + 4)) {
    // Not a frame: from here on nobody can tell where one begins.
    if (all.readUInt16BE(from + 2) !== 0) break
    all.writeUInt16BE((all.readUInt16BE(from) + delta) & 0xffff, from)
  }
  let from = 0
  return effects.map(({ afterMs, bytes }) => {
    if (bytes === undefined) return { afterMs }
    const to = from + bytes.length
    const own = all.subarray(from, to)
    from = to
    return { afterMs, bytes: own }
  })
}

/** Transaction, protocol and length. */
const MBAP_HEAD = 6
