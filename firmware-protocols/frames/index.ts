/** A byte stream cut into frames: bounded, and back in step after noise. */
export * from './frame-splitter.ts'
export * from './line-splitter.ts'
