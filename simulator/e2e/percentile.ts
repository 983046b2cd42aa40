/** The value that `share` of the values do not exceed (nearest rank), null of none. */
export function percentile(values: readonly number[], share: number): number | null {
  return values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? null
}
