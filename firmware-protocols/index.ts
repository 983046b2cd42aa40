/** All protocols by name, for who does not know beforehand which one is wanted; who does enters its own door. */
export * from './registry.ts'
