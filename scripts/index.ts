/** What `architecture.test.ts` judges with. */
export * from './house.ts'
export * from './imports.ts'
