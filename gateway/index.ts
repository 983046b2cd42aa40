/** The running site. */
export { busRefusal, busReport } from './bus-report.ts'
export { type GatewayConfig, GatewayFile, readGatewayConfig, type SiteDevice } from './config.ts'
export { lineFrames, type RunningLine, runningLines } from './console-client.ts'
export { type Gateway, type GatewayOptions, openGateway } from './gateway.ts'
export type { GatewayStatus } from './gateway-status.ts'
export { type Outflow, type OutflowOptions, openOutflow } from './outflow.ts'
export { type SiteLine, siteLines } from './site-lines.ts'
