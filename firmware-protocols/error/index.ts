/** The one error of every codec. */
export * from './protocol-error.ts'
