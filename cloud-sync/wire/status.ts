import { type Static, Type } from 'typebox'
import { Value as Schema } from 'typebox/value'
import { SyncError } from './sync-error.ts'

const LaneStatus = Type.Object({
  issued: Type.Integer({ minimum: 0, description: 'highest seq given out' }),
  oldest: Type.Integer({ minimum: 0, description: 'lowest seq not acknowledged, 0 when there is none' }),
})

/** The retained hello of a gateway; its last will is the same with `online: false`. */
export const Status = Type.Object({
  online: Type.Boolean(),
  wire: Type.Integer({ minimum: 1 }),
  schema: Type.Integer({ minimum: 1, description: 'of its journal' }),
  version: Type.String({ maxLength: 40 }),
  epoch: Type.String({ pattern: '^[0-9a-f]{16}$' }),
  boot: Type.String({ maxLength: 32 }),
  config: Type.String({ maxLength: 64, description: 'hash of its configuration' }),
  clock: Type.Object({ now: Type.Integer(), speed: Type.Number(), trusted: Type.Boolean() }),
  lanes: Type.Object({ alarm: LaneStatus, event: LaneStatus, reading: LaneStatus }),
})
export type Status = Static<typeof Status>

/** JSON, so that any MQTT client can read it. */
export function encodeStatus(status: Status): string {
  return JSON.stringify(status)
}

/** @throws SyncError `malformed` */
export function decodeStatus(bytes: Uint8Array): Status {
  let content: unknown
  try {
    content = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch (cause) {
    throw new SyncError('malformed', 'expected a status in JSON', { cause })
  }
  if (!Schema.Check(Status, content)) throw new SyncError('malformed', 'expected a status')
  return content
}
