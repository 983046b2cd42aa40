import { createHash } from 'node:crypto'
import { durationMs, type Point } from '#devices'
import type { DeviceDescribed, PointDescription, SiteEvent } from '#wire'
import type { SiteDevice } from './config.ts'

/** What the cloud must know of a device to read its rows. */
export function describe({ name, station, profile }: SiteDevice): DeviceDescribed {
  const points = Object.entries(profile.profile.modbus.points).map(([point, facts]) => [point, describePoint(facts)] as const)
  return { name, station, profile: profile.name, hash: profile.hash, points: Object.fromEntries(points) }
}

/** The event that tells it; the same description of the same device told again is the same event. */
export function describedEvent(device: SiteDevice, at: number, boot: string): SiteEvent {
  const body = describe(device)
  const content = createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 16)
  return { id: `described-${device.id}-${content}-${boot}`, kind: 'device.described', at, device: device.id, body: { ...body } }
}

/** What a point is, in counts of 10^-decimals. */
export function describePoint({ unit, decimals, meaning, wraps, scale, every }: Point): PointDescription {
  return {
    unit,
    decimals,
    meaning,
    ...(wraps !== undefined && { wraps: Math.round(wraps * scale * 10 ** decimals) }),
    everyMs: durationMs(every),
  }
}
