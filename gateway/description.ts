import { createHash } from 'node:crypto'
import type { DeviceDescribed, SiteEvent } from '#wire'
import type { SiteDevice } from './config.ts'
import { devicePoints } from './device-points.ts'
import { eventId } from './event-id.ts'

/** Keys of states in the journal that begin so hold the version of a device's description that was told last. */
export const DESCRIBED_STATE_PREFIX = 'described '

/** A description to be told, and the state that remembers it. */
export interface Telling {
  readonly event: SiteEvent
  readonly state: readonly [key: string, body: string]
}

/** What the cloud must know of a device to read its rows. */
export function describe({ name, station, profile }: SiteDevice): DeviceDescribed {
  const points = Object.entries(devicePoints(profile.profile)).map(([point, { description }]) => [point, description] as const)
  return { name, station, profile: profile.name, hash: profile.hash, points: Object.fromEntries(points) }
}

/** What is to be told of these devices: those that are not described as they were last. @param told states of the journal by their key */
export function tellings(devices: readonly SiteDevice[], told: ReadonlyMap<string, string>, at: number, boot: string): Telling[] {
  return devices.flatMap((device): Telling[] => {
    const body = describe(device)
    const version = createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 16)
    const key = `${DESCRIBED_STATE_PREFIX}${device.id}`
    if (told.get(key) === version) return []
    const id = eventId('device.described', device.id, version, boot)
    return [{ event: { id, kind: 'device.described', at, device: device.id, body: { ...body } }, state: [key, version] }]
  })
}
