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

/** All inclusive ranges as one; for many, where `addRange` would look at each for each. */
export function mergeRanges(ranges: Ranges): Ranges {
  const merged: [number, number][] = []
  for (const [first, last] of [...ranges].sort(([a], [b]) => a - b)) {
    const open = merged.at(-1)
    if (open && first <= open[1] + 1) open[1] = Math.max(open[1], last)
    else merged.push([first, last])
  }
  return merged
}

/** The parts of [first, last] that the ranges do not hold. */
export function missingFrom(ranges: Ranges, first: number, last: number): Ranges {
  const missing: [number, number][] = []
  let next = first
  for (let index = indexFrom(ranges, first); index < ranges.length; index++) {
    const [start, end] = ranges[index] ?? [Number.POSITIVE_INFINITY, 0]
    if (start > last) break
    if (start > next) missing.push([next, start - 1])
    next = end + 1
  }
  if (next <= last) missing.push([next, last])
  return missing
}

/** Of the first range that ends at `seq` or later, by halving: an outage that was thinned leaves thousands. */
function indexFrom(ranges: Ranges, seq: number): number {
  let [low, high] = [0, ranges.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ranges[middle]?.[1] ?? 0) < seq) low = middle + 1
    else high = middle
  }
  return low
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
