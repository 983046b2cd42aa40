/** The vocabulary of readings, alone: a thread that only stores rows loads nothing else. */
export * from './reading.ts'
