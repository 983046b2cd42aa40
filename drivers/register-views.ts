import { ProtocolError } from '#protocols/error'
import { decodeRegisters, type RegisterType, type WordOrder } from '#protocols/modbus'

export const ORDERS = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const satisfies readonly WordOrder[]
export const SINGLE_TYPES = ['u16', 'i16', 'bcd16'] as const satisfies readonly RegisterType[]
export const PAIR_TYPES = ['u32', 'i32', 'f32', 'bcd32'] as const satisfies readonly RegisterType[]
type ViewType = (typeof SINGLE_TYPES)[number] | (typeof PAIR_TYPES)[number]

/** What registers say if they are of this type: null where they cannot be (a digit above 9). */
export interface TypeView {
  readonly type: ViewType
  readonly values: Readonly<Record<WordOrder, number | null>>
  /** Orders in which the value is of a size that devices measure; empty where nothing speaks for one. */
  readonly plausible: readonly WordOrder[]
}

/** One register, or the pair that begins there, in every type and order. */
export interface RegisterView {
  readonly address: number
  readonly words: readonly number[]
  readonly types: readonly TypeView[]
}

/** What all pairs have in common: this order makes sense of each of them in this type. */
export interface ViewHint {
  readonly type: ViewType
  readonly orders: readonly WordOrder[]
}

export interface RegisterViews {
  readonly singles: readonly RegisterView[]
  /** Pairs at every second register from the first on. */
  readonly pairs: readonly RegisterView[]
  /** Only of pairs that are not all zero, and only where some order is ruled out: else there is nothing to tell. */
  readonly hints: readonly ViewHint[]
}

/** Float values of devices lie between these, or are 0. */
const FLOAT_MIN = 1e-3
const FLOAT_MAX = 1e7
/** A whole number of 32 bits that a device measures rarely uses its upper quarter. */
const WHOLE_MAX = 1 << 24

/** Registers as they were read, in all types of 16 and 32 bits and all orders side by side. @param address of the first */
export function registerViews(address: number, words: readonly number[]): RegisterViews {
  const singles = words.map((_, index) => view(address + index, words, index, 1, SINGLE_TYPES))
  const pairs = words.flatMap((_, index) =>
    index % 2 === 0 && index + 1 < words.length ? [view(address + index, words, index, 2, PAIR_TYPES)] : [],
  )
  const telling = pairs.filter((pair) => pair.words.some((word) => word !== 0))
  const hints = PAIR_TYPES.flatMap((type): ViewHint[] => {
    const each = telling.map(({ types }) => types.find((one) => one.type === type)?.plausible ?? [])
    const orders = ORDERS.filter((order) => each.every((plausible) => plausible.includes(order)))
    return telling.length > 0 && orders.length > 0 && orders.length < ORDERS.length ? [{ type, orders }] : []
  })
  return { singles, pairs, hints }
}

function view(address: number, words: readonly number[], from: number, count: number, types: readonly ViewType[]): RegisterView {
  return {
    address,
    words: words.slice(from, from + count),
    types: types.map((type) => {
      const value = (order: WordOrder): number | null => numberOf(type, order, words, from)
      const values = { ABCD: value('ABCD'), CDAB: value('CDAB'), BADC: value('BADC'), DCBA: value('DCBA') }
      return { type, values, plausible: ORDERS.filter((order) => isPlausible(type, values[order])) }
    }),
  }
}

function numberOf(type: ViewType, order: WordOrder, words: readonly number[], from: number): number | null {
  try {
    return Number(decodeRegisters(type, order, words, from))
  } catch (error) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}

function isPlausible(type: ViewType, value: number | null): boolean {
  if (value === null || !Number.isFinite(value)) return false
  const size = Math.abs(value)
  if (type === 'f32') return size === 0 || (size >= FLOAT_MIN && size < FLOAT_MAX)
  return type === 'u32' || type === 'i32' || type === 'bcd32' ? size < WHOLE_MAX : true
}
