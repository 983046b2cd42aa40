/** What the cloud keeps: records (people's nouns) and series (measurements). */
export * from './records.ts'
export * from './series.ts'
export * from './sqlite.ts'
export * from './store-error.ts'
export * from './tables.ts'
export * from './writer-lock.ts'
