/** What a gateway sends, and how it is encoded: alone, so that the journal's thread loads no schema. */
export * from './encode-batch.ts'
export type * from './journalled.ts'
export * from './lane.ts'
export * from './version.ts'
