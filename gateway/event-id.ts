import { createHash } from 'node:crypto'

/**
 * Names a fact for ever: the same parts give the same id. Hashed, because the names that people give to gateways, devices and rules are
 * longer together than an id on the wire may be.
 */
export function eventId(kind: string, ...parts: readonly (string | number)[]): string {
  return `${kind}-${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)}`
}
