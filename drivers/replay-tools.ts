/** Playing back what was written down. */
export * from './expectation.ts'
export * from './recording.ts'
export * from './replay.ts'
export * from './replay-device.ts'
export * from './replay-text.ts'
