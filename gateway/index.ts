/** The running site. */
export { type GatewayConfig, GatewayFile, readGatewayConfig, type SiteDevice } from './config.ts'
export { type Gateway, type GatewayOptions, type GatewayStatus, openGateway } from './gateway.ts'
