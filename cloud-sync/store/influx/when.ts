import { AT_MAX, timeOf } from './line.ts'

/** The condition of a query on `$device` with `from <= at < to`, within the times that InfluxDB can tell; null for a range that holds no time. */
export function whenOf({ from, to }: { readonly from: number; readonly to: number }): string | null {
  const first = Math.max(Math.ceil(from), -AT_MAX)
  const end = Math.min(Math.ceil(to), AT_MAX + 1)
  return first < end ? `"device" = $device AND time >= ${timeOf(first)} AND time < ${timeOf(end)}` : null
}
