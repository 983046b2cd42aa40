/** The contract between gateway and cloud: nothing else is shared. */
export * from './ack.ts'
export * from './batch/index.ts'
export * from './event.ts'
export * from './rules/index.ts'
export * from './status.ts'
export * from './sync-error.ts'
export * from './topic/index.ts'
