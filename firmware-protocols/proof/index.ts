/** What every codec must prove; for tests only. */
export * from './codec-proof.ts'
export * from './noise.ts'
export * from './vectors-proof.ts'
