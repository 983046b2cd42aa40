/** Waiting, as every loop of the house does it: bounded, and over at once when it must stop. */
export * from './bell.ts'
export * from './sleep.ts'
export * from './timers.ts'
