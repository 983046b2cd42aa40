/** One MQTT connection, as both ends of the sync use it. */
export { type Connect, type Connection, Session, type SessionOptions } from './session.ts'
