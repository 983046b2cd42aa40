/** Whole sites in processes of their own, and the account of them. */
export { CloudClient, type FeedMessage } from './cloud-client.ts'
export { type DemoOptions, type Kill, runDemo, runTimed } from './demo.ts'
export { percentile } from './percentile.ts'
export { SluiceProcess } from './process.ts'
export { keyOf, type Reconciled, reconcile, type StoredRow } from './reconcile.ts'
export { openSiteRun, type SiteRun, type SiteRunOptions } from './site-run.ts'
export type { Summary } from './summary.ts'
