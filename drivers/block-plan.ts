import { type Point, pointWidth, type Table } from '#devices'
import { READ_BITS_MAX, READ_REGISTERS_MAX } from '#protocols/modbus'

/** One read that serves several points. */
export interface Block {
  readonly table: Table
  readonly address: number
  /** Registers, or bits in a bit table. */
  readonly count: number
  readonly points: readonly BlockPoint[]
}

export interface BlockPoint {
  readonly name: string
  readonly point: Point
  /** Where the point's words start in the block. */
  readonly from: number
}

/** What a device allows, in registers; a bit table's read may have sixteen bits for each. */
export interface BlockLimits {
  /** Most registers in one read. A point that is wider is read alone all the same. */
  readonly block: number
  /** Unused registers that may be read to join two points. */
  readonly hole: number
}

/** The fewest reads that hold every point whole. */
export function planBlocks(points: Readonly<Record<string, Point>>, limits: BlockLimits): Block[] {
  const blocks: Block[] = []
  const all = Object.entries(points).map(([name, point]) => ({ name, point, end: point.address + pointWidth(point) }))
  for (const table of new Set(all.map(({ point }) => point.table))) {
    const isBits = table === 'coil' || table === 'discrete'
    const most = isBits ? Math.min(limits.block * 16, READ_BITS_MAX) : Math.min(limits.block, READ_REGISTERS_MAX)
    const hole = isBits ? limits.hole * 16 : limits.hole
    let open: { start: number; end: number; members: typeof all } | undefined
    const close = (): void => {
      if (open) blocks.push(blockOf(table, open.start, open.end, open.members))
    }
    // By address, each joins the block before it or starts the next: no other choice needs fewer, for what comes later starts no earlier.
    for (const member of all
      .filter(({ point }) => point.table === table)
      .sort((a, b) => a.point.address - b.point.address || a.end - b.end)) {
      const { address } = member.point
      if (open && address - open.end <= hole && member.end - open.start <= most) {
        open.end = Math.max(open.end, member.end)
        open.members.push(member)
      } else {
        close()
        open = { start: address, end: member.end, members: [member] }
      }
    }
    close()
  }
  return blocks
}

/**
 * The same points in two reads, each cut to what its own need; undefined where there is nothing to part: one point, or several in the very
 * same registers.
 */
export function halvesOf({ table, points }: Block): readonly [Block, Block] | undefined {
  const ordered = points.toSorted((a, b) => a.point.address - b.point.address || pointWidth(a.point) - pointWidth(b.point))
  const extents = [...Map.groupBy(ordered, ({ point }) => `${point.address}+${pointWidth(point)}`).values()]
  if (extents.length < 2) return undefined
  const middle = Math.ceil(extents.length / 2)
  return [trimmed(table, extents.slice(0, middle).flat()), trimmed(table, extents.slice(middle).flat())]
}

/** Two neighbouring reads of one table in one; undefined where something lies between them. */
export function joinedOf(before: Block, after: Block): Block | undefined {
  if (before.table !== after.table || after.address > before.address + before.count) return undefined
  return trimmed(before.table, [...before.points, ...after.points])
}

function trimmed(table: Table, members: readonly { name: string; point: Point }[]): Block {
  const start = Math.min(...members.map(({ point }) => point.address))
  const end = Math.max(...members.map(({ point }) => point.address + pointWidth(point)))
  return blockOf(table, start, end, members)
}

function blockOf(table: Table, start: number, end: number, members: readonly { name: string; point: Point }[]): Block {
  return {
    table,
    address: start,
    count: end - start,
    points: members.map(({ name, point }) => ({ name, point, from: point.address - start })),
  }
}
