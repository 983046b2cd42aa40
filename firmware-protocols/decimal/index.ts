/** Exact decimal numbers, as devices say them. */
export * from './decimal.ts'
