/** Writing down what goes over a line. */
export * from './mask.ts'
export * from './recorder.ts'
export * from './recording.ts'
