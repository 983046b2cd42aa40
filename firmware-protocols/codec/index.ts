/** What every protocol looks like from the front door. */
export * from './codec.ts'
export * from './dump.ts'
