export * from './server.ts'
export * from './site.ts'
export * from './storm.ts'
