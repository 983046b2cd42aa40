/** What stands on a counter or hangs above it: number displays, text panels, callers and rating keypads. */

export * from './digit-display.ts'
export * from './onbon.ts'
