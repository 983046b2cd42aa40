/** The cloud, composed. */
export { type Cloud, type CloudOptions, openCloud, ROLES, type Role } from './cloud.ts'
export { type CloudConfig, CloudFile, readCloudConfig } from './config.ts'
