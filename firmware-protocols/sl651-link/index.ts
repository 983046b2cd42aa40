/** The centre's side of SL 651-2014 links: who is answered how, what is asked again, which message is complete; no I/O, no clock. */

export * from './centre.ts'
export type { StationCommand } from './command.ts'
export * from './limits.ts'
export * from './output.ts'
