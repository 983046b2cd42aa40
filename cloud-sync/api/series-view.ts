import { type Static, Type } from 'typebox'
import { MEANINGS } from '#devices'
import { NullableInteger } from './nullable.ts'
import { RowView } from './station-view.ts'

const head = {
  device: Type.String(),
  point: Type.String(),
  unit: Type.String(),
  decimals: Type.Integer(),
  meaning: Type.Enum([...MEANINGS]),
  truncated: Type.Boolean({ description: 'the limit ended it: ask again from the last time' }),
  omitted: Type.Integer({ description: 'rows or buckets left out because their profile version is unknown or has another unit' }),
}

export const BucketView = Type.Object({
  at: Type.Integer({ description: 'where the bucket begins, epoch ms' }),
  min: NullableInteger,
  max: NullableInteger,
  last: NullableInteger,
  count: Type.Integer({ description: 'rows with a value; 0 with nulls is a gap' }),
  suspect: Type.Integer({ description: 'of them' }),
})
export type BucketView = Static<typeof BucketView>

export const RowsView = Type.Object({ ...head, rows: Type.Array(RowView) })
export type RowsView = Static<typeof RowsView>
export const BucketsView = Type.Object({ ...head, step: Type.Integer(), rows: Type.Array(BucketView) })
export type BucketsView = Static<typeof BucketsView>

export const RainView = Type.Object({
  unit: Type.String(),
  decimals: Type.Integer(),
  rows: Type.Array(
    Type.Object({
      at: Type.Integer({ description: 'END of the interval, epoch ms' }),
      sum: Type.Unsafe<number | null>({
        type: ['integer', 'null'],
        description: 'count; null: nothing is known, which is not dry',
      }),
      covered: Type.Number({
        description: 'part of the interval that data speaks for, 0 to 1; below 1 the sum is a lower bound',
      }),
    }),
  ),
  total: NullableInteger,
})
export type RainView = Static<typeof RainView>
