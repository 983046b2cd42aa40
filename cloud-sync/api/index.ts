/** The cloud's HTTP side: API, live feed and pages. */
export type { AlertView } from './alert-view.ts'
export { type ApiOptions, buildApi } from './build-api.ts'
export { type DeadLetter, type DeadLetters, LETTER_KINDS, type LetterKind, type LettersQuery } from './dead-letters.ts'
export { FEED_LIMITS, type FeedLimits } from './feed.ts'
export type { AuditReport } from './gateway-routes.ts'
export type { SiteFacts } from './site-routes.ts'
export type { StationView } from './station-view.ts'
