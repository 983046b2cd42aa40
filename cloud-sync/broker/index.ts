/** The embedded MQTT broker behind its guard. */
export { Broker, type BrokerOptions, CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX } from './broker.ts'
export { CONNECT_BYTES_MAX, PACKET_BYTES_MAX, PacketLimit } from './packet-limit.ts'
