/** The embedded MQTT broker behind its guard. */
export { Broker, type BrokerNumbers, type BrokerOptions } from './broker.ts'
export { BrokerError, type BrokerErrorCode } from './broker-error.ts'
export type { ProcessNumbers } from './broker-message.ts'
export { BrokerProcess, type BrokerProcessOptions } from './broker-process.ts'
export {
  CONNECTING_MAX,
  CONNECTIONS_MAX,
  CONNECTIONS_PER_ADDRESS_MAX,
  CONNECTS_PER_ADDRESS_PER_MINUTE_MAX,
  Gate,
} from './gate.ts'
export { CLIENT_QUEUE_BYTES_MAX, CONNECT_WAIT_MS, GATEWAY_PACE, type Pace } from './guarded-socket.ts'
export { type MosquittoOptions, MosquittoProcess } from './mosquitto.ts'
export { CONNECT_BYTES_MAX, PACKET_BYTES_MAX, PacketLimit } from './packet-limit.ts'
export { type BrokerLog, REFUSALS, type Refusal } from './refusals.ts'
export { STATUS_BYTES_MAX } from './rights.ts'
export { TAKEOVERS_PER_MINUTE_MAX, Takeovers } from './takeovers.ts'
export { TokenBucket } from './token-bucket.ts'
