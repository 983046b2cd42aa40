/** The vocabulary of readings, alone: a thread that only stores rows loads nothing else. */

export * from './device-record.ts'
export * from './reading.ts'
