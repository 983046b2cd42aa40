/** One MQTT connection, as both ends of the sync use it. */
export { Session, type SessionOptions } from './session.ts'
