import type { PublishPacket } from 'aedes'
import { GATEWAY_ID, parseTopic, type TopicEnd, topic } from '#wire/topic'

/** Client ids: a gateway's is this and its id; the cloud's own readers have theirs. */
const GATEWAY_CLIENT = 'sluice-'
const CLOUD_CLIENT = 'cloud-'
const GATEWAY_CLIENT_ID = new RegExp(`^${GATEWAY_CLIENT}${GATEWAY_ID.slice(1)}`)
const CLOUD_CLIENT_ID = /^cloud-[A-Za-z0-9._-]{1,48}$/

const FROM_GATEWAY: readonly TopicEnd[] = ['up', 'status', 'result', 'reported']
const FROM_CLOUD: readonly TopicEnd[] = ['ack', 'command', 'config']

/** A status is kept for whoever comes later, and a few hundred bytes long. */
export const STATUS_BYTES_MAX = 4 * 1024

/** A gateway or the cloud itself, by the client id; null for a stranger. Until clients prove who they are, the id is what they say. */
export function kindOf(clientId: string): 'gateway' | 'cloud' | null {
  if (GATEWAY_CLIENT_ID.test(clientId)) return 'gateway'
  return CLOUD_CLIENT_ID.test(clientId) ? 'cloud' : null
}

/** Why the client may not publish this, or null: it speaks under its own id, nothing but a status is kept, and nothing is promised for later. */
export function publishRefusal(
  clientId: string,
  { topic: name, qos, retain, payload }: Pick<PublishPacket, 'topic' | 'qos' | 'retain' | 'payload'>,
): string | null {
  const parsed = parseTopic(name)
  if (parsed === null) return `${clientId} may not publish to ${name.slice(0, 100)}`
  const { gateway, end } = parsed
  const may = clientId.startsWith(CLOUD_CLIENT)
    ? FROM_CLOUD.includes(end)
    : clientId === `${GATEWAY_CLIENT}${gateway}` && FROM_GATEWAY.includes(end)
  if (!may) return `${clientId} may not publish to ${name}`
  if (qos > 1) return `expected QoS 0 or 1, got ${qos}`
  if (retain && end !== 'status') return `expected nothing but a status to be retained, got ${name}`
  if (end === 'status' && payload.length > STATUS_BYTES_MAX)
    return `expected a status of at most ${STATUS_BYTES_MAX} bytes, got ${payload.length}`
  return null
}

/** The cloud hears every gateway, one end of the line at a time; a gateway hears what is meant for it. No other wildcard is known. */
export function maySubscribe(clientId: string, filter: string): boolean {
  if (clientId.startsWith(CLOUD_CLIENT)) return FROM_GATEWAY.some((end) => filter === topic('+', end))
  const parsed = parseTopic(filter)
  return parsed !== null && clientId === `${GATEWAY_CLIENT}${parsed.gateway}` && FROM_CLOUD.includes(parsed.end)
}
