/** Packets of MQTT 3.1.1 as bytes, also such as no client would send. */

/** A fixed header (section 2.2) that promises so many bytes. */
export function fixedHeader(type: number, length: number, flags = 0): Buffer {
  const bytes = [(type << 4) | flags]
  for (let rest = length; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest >= 128 ? (rest % 128) | 0x80 : rest)
    if (rest < 128) return Buffer.from(bytes)
  }
}

/** A CONNECT with a clean session (section 3.1). @param level of the protocol; 4 is 3.1.1 */
export function connectPacket(clientId: string, { level = 4, keepaliveS = 60 } = {}): Buffer {
  const body = Buffer.concat([text('MQTT'), Buffer.from([level, 2, keepaliveS >> 8, keepaliveS & 0xff]), text(clientId)])
  return Buffer.concat([fixedHeader(1, body.length), body])
}

/** A SUBSCRIBE to one filter at QoS 1 (section 3.8). */
export function subscribePacket(filter: string): Buffer {
  const body = Buffer.concat([Buffer.from([0, 1]), text(filter), Buffer.from([1])])
  return Buffer.concat([fixedHeader(8, body.length, 2), body])
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes])
}
