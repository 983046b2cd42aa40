import {
  encodePoint,
  type ModbusProfile,
  type Point,
  type PointDecoder,
  pointDecoder,
  pointWidth,
  type Table,
  type Value,
} from '#devices'
import type { Signal } from './curve.ts'

/** Words of a table, and the points that lie wholly in them with the counts that their words say. */
export interface ImageRead {
  readonly words: readonly number[]
  readonly points: readonly { readonly point: string; readonly value: Value }[]
}

/** The registers of a device as its profile lays them out. */
export interface RegisterImage {
  /** Undefined: some of it is outside. `elapsedMs` is site time since the scenario began; all points are taken at it. */
  read(table: Table, address: number, count: number, elapsedMs: number): ImageRead | undefined
}

interface Cell {
  readonly name: string
  readonly address: number
  readonly width: number
  words(elapsedMs: number): { words: readonly number[]; value: Value }
}

interface Part {
  readonly from: number
  /** Past the last. */
  to: number
  readonly cells: Cell[]
}

/**
 * Builds the image of a profile, each point driven by its signal. Unused registers between two points read as 0 up to the profile's `hole`;
 * a wider gap is outside, as with a real device that refuses it.
 */
export function buildImage(profile: ModbusProfile, signals: ReadonlyMap<string, Signal>): RegisterImage {
  const parts: Record<Table, Part[]> = { coil: [], discrete: [], input: [], holding: [] }
  const points = Object.entries(profile.modbus.points).sort(([, a], [, b]) => a.address - b.address)
  for (const [name, point] of points) {
    const cell: Cell = {
      name,
      address: point.address,
      width: pointWidth(point),
      words: wordsOf(point, signals.get(name) ?? (() => null)),
    }
    const list = parts[point.table]
    const last = list.at(-1)
    const end = cell.address + cell.width
    if (last !== undefined && cell.address - last.to <= profile.modbus.defaults.hole) {
      last.to = Math.max(last.to, end)
      last.cells.push(cell)
    } else list.push({ from: cell.address, to: end, cells: [cell] })
  }
  return {
    read(table, address, count, elapsedMs) {
      const part = parts[table].find(({ from, to }) => address >= from && address + count <= to)
      return part && readPart(part.cells, address, count, elapsedMs)
    },
  }
}

/** The count of 10^-decimals nearest to a value in the point's unit; a counter starts from 0 again where its registers do. */
export function countOf(point: Point, value: number | boolean | null): Value {
  if (typeof value !== 'number') return value
  const count = Math.round(value * 10 ** point.decimals)
  if (point.wraps === undefined) return count
  return count % Math.round(point.wraps * point.scale * 10 ** point.decimals)
}

function readPart(cells: readonly Cell[], address: number, count: number, elapsedMs: number): ImageRead {
  const words = new Array<number>(count).fill(0)
  const points: { point: string; value: Value }[] = []
  for (const cell of cells) {
    const from = cell.address - address
    if (from >= count || from + cell.width <= 0) continue
    const { words: own, value } = cell.words(elapsedMs)
    // Several bits may share a register.
    for (const [index, word] of own.entries())
      if (from + index >= 0 && from + index < count) words[from + index] = (words[from + index] ?? 0) | word
    if (from >= 0 && from + cell.width <= count) points.push({ point: cell.name, value })
  }
  return { words, points }
}

/** What the words say is told by decoding them: registers may be coarser than the curve. */
function wordsOf(point: Point, signal: Signal): Cell['words'] {
  const decode: PointDecoder = pointDecoder(point)
  let last: { count: Value; words: readonly number[]; value: Value } | undefined
  return (elapsedMs) => {
    const count = countOf(point, signal(elapsedMs))
    if (last === undefined || count !== last.count) {
      const words = encodePoint(point, count)
      last = { count, words, value: decode(words).value }
    }
    return last
  }
}
