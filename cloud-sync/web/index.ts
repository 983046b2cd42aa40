import { fileURLToPath } from 'node:url'

/** Absolute path of the built pages, for the server that hands them out; empty until they are built. */
export const webRoot = fileURLToPath(new URL('./dist', import.meta.url))
