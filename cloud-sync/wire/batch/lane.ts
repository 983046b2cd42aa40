/** Lanes in order of right of way. A number of rows in one lane is numbered by `seq`, which never repeats in an epoch. */
export const LANES = ['alarm', 'event', 'reading'] as const
export type Lane = (typeof LANES)[number]

/** Inclusive ranges of seqs, ascending, neither touching nor overlapping. */
export type Ranges = readonly (readonly [first: number, last: number])[]

/** The union with one more inclusive range. */
export function addRange(ranges: Ranges, first: number, last: number): Ranges {
  const before = ranges.filter(([, end]) => end < first - 1)
  const after = ranges.filter(([start]) => start > last + 1)
  const touching = ranges.slice(before.length, ranges.length - after.length)
  const start = Math.min(first, touching[0]?.[0] ?? first)
  const end = Math.max(last, touching.at(-1)?.[1] ?? last)
  return [...before, [start, end], ...after]
}

/** The parts of [first, last] that the ranges do not hold. */
export function missingFrom(ranges: Ranges, first: number, last: number): Ranges {
  const missing: [number, number][] = []
  let next = first
  for (const [start, end] of ranges) {
    if (end < next) continue
    if (start > last) break
    if (start > next) missing.push([next, start - 1])
    next = end + 1
  }
  if (next <= last) missing.push([next, last])
  return missing
}

/** How many seqs the ranges hold. */
export function countOf(ranges: Ranges): number {
  return ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0)
}

/** Seqs in ascending order as ranges. */
export function rangesOf(seqs: readonly number[]): Ranges {
  const ranges: [number, number][] = []
  for (const seq of seqs) {
    const open = ranges.at(-1)
    if (open && seq === open[1] + 1) open[1] = seq
    else ranges.push([seq, seq])
  }
  return ranges
}
