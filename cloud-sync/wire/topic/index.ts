/** The topics alone: the broker's process loads no schema. */
export * from './topic.ts'
