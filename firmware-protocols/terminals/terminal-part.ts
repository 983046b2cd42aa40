import { type TSchema, Type } from 'typebox'

/** A place in a payload. */
export interface Cursor {
  readonly bytes: Uint8Array
  at: number
}

/** One field of a payload, both ways. `schema` says which values it takes: what it reads may lie outside. */
export interface Part<T> {
  readonly schema: TSchema
  /** @throws RangeError where the payload ends too early, or holds what no value stands for */
  read(cursor: Cursor): T
  /** Takes what `schema` allows. */
  write(value: unknown): readonly number[]
}

/** An unsigned integer of so many bytes, low byte first. */
export function integer(bytes: 1 | 2 | 4, minimum = 0, maximum = 256 ** bytes - 1): Part<number> {
  return {
    schema: Type.Integer({ minimum, maximum }),
    read: (cursor) => takeBytes(cursor, bytes).reduceRight((value, byte) => value * 256 + byte, 0),
    write: (value) => Array.from({ length: bytes }, (_, index) => Math.floor(Number(value) / 256 ** index) % 256),
  }
}

/** 0 to 100, or 255 for automatic. */
export function percent(): Part<number> {
  return { ...integer(1), schema: Type.Union([Type.Integer({ minimum: 0, maximum: 100 }), Type.Literal(255)]) }
}

/** UTF-8 without control characters, behind one byte that holds its length in bytes. */
export function text(bytesMax: number): Part<string> {
  return {
    schema: Type.Refine(
      Type.String(),
      (value) => Buffer.byteLength(value) <= bytesMax && value.isWellFormed() && !/\p{Cc}/u.test(value),
    ),
    read(cursor) {
      const [length = 0] = takeBytes(cursor, 1)
      try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(takeBytes(cursor, length))
      } catch (error) {
        if (error instanceof RangeError) throw error
        throw new RangeError('expected UTF-8', { cause: error })
      }
    },
    write(value) {
      const bytes = Buffer.from(String(value))
      return [bytes.length, ...bytes]
    },
  }
}

/** Texts behind one byte that holds their number. */
export function texts(countMax: number, bytesMax: number): Part<readonly string[]> {
  const one = text(bytesMax)
  return {
    schema: Type.Array(one.schema, { maxItems: countMax }),
    read(cursor) {
      const [count = 0] = takeBytes(cursor, 1)
      return Array.from({ length: count }, () => one.read(cursor))
    },
    write: (value) => (Array.isArray(value) ? [value.length, ...value.flatMap((line) => one.write(line))] : []),
  }
}

/** One byte that counts in a list of names. */
export function choice<const T extends string>(names: readonly T[]): Part<T> {
  return {
    schema: Type.Enum([...names]),
    read(cursor) {
      const [index = 0] = takeBytes(cursor, 1)
      const name = names[index]
      if (name === undefined) throw new RangeError(`expected 0 to ${names.length - 1}, got ${index}`)
      return name
    },
    write: (value) => [names.findIndex((name) => value === `${name}`)],
  }
}

/** Names of the bits that are set, bit 0 first; one without a name yet is `bit 9`. */
export function bits(bytes: 1 | 2, names: readonly string[]): Part<readonly string[]> {
  const all = Array.from({ length: bytes * 8 }, (_, bit) => names[bit] ?? `bit ${bit}`)
  const word = integer(bytes)
  return {
    schema: Type.Array(Type.Enum(all)),
    read(cursor) {
      const set = word.read(cursor)
      return all.filter((_, bit) => (set >> bit) & 1)
    },
    write: (value) =>
      word.write(Array.isArray(value) ? all.reduce((set, name, bit) => set + (value.includes(name) ? 1 << bit : 0), 0) : 0),
  }
}

function takeBytes(cursor: Cursor, count: number): Uint8Array {
  const from = cursor.at
  if (from + count > cursor.bytes.length)
    throw new RangeError(`expected ${from + count} bytes of payload, got ${cursor.bytes.length}`)
  cursor.at += count
  return cursor.bytes.subarray(from, cursor.at)
}
