import { durationMs, type ModbusProfile } from '#devices'
import { type Block, planBlocks } from './block-plan.ts'

/** Points of one interval, which are read together. */
export interface PollClass {
  readonly everyMs: number
  readonly blocks: readonly Block[]
}

/** The reads of a device; shorter intervals first, for they can wait least. */
export function pollClasses({ defaults, points }: Pick<ModbusProfile['modbus'], 'defaults' | 'points'>): PollClass[] {
  const byInterval = Map.groupBy(Object.entries(points), ([, point]) => durationMs(point.every))
  return [...byInterval]
    .sort(([a], [b]) => a - b)
    .map(([everyMs, members]) => ({ everyMs, blocks: planBlocks(Object.fromEntries(members), defaults) }))
}
