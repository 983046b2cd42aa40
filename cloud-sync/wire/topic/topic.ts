/** The gateway's ends of the line; each message kind has one topic a gateway. */
export const TOPIC_ENDS = ['up', 'ack', 'status', 'command', 'result', 'config', 'reported'] as const
export type TopicEnd = (typeof TOPIC_ENDS)[number]

/** Also what a file name and a certificate's CN may hold. */
export const GATEWAY_ID = '^[A-Za-z0-9][A-Za-z0-9_-]{0,47}$'

/** `sluice/1/<gateway>/<end>`; `+` for every gateway in a subscription. */
export function topic(gateway: string, end: TopicEnd): string {
  return `sluice/1/${gateway}/${end}`
}

/** The gateway and end of a topic, or null when it is none of ours. */
export function parseTopic(text: string): { readonly gateway: string; readonly end: TopicEnd } | null {
  const [root, version, gateway, end, ...rest] = text.split('/')
  if (root !== 'sluice' || version !== '1' || rest.length > 0 || gateway === undefined || !new RegExp(GATEWAY_ID).test(gateway))
    return null
  const known = TOPIC_ENDS.find((name) => name === end)
  return known ? { gateway, end: known } : null
}
