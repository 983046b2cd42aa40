/** Looking at a line that nobody knows yet. */
export * from './identify.ts'
export * from './probe.ts'
export * from './probe-run.ts'
export * from './probe-text.ts'
export * from './recording.ts'
export * from './register-views.ts'
export * from './watch-line.ts'
