import type { VersionedReading } from '#gateway/journal'
import type { SiteEvent } from '#wire'

const HASH = '00112233445566aa'
const DEVICES = 5
const POINTS = ['level', 'rain_total', 'battery']
export const SERIES_MAX = DEVICES * POINTS.length

/** A reading as it was offered; its value is its number, so that whatever is stored can be told. */
export interface Offered {
  readonly device: string
  readonly point: string
  /** When it was really taken. */
  readonly at: number
}

/**
 * What one site's journal was given, and what it said it has; kept outside of all that is under test. What was offered and not accepted may be stored
 * or not: its process ended before anybody was told.
 */
export class SiteLedger {
  readonly #site: string
  readonly readings: Offered[] = []
  readonly events: string[] = []
  /** Of each list, how many from the front on the journal said it has, and those between that a crash left in doubt. */
  readonly accepted = { readings: new Set<number>(), events: new Set<number>() }

  constructor(site: string) {
    this.#site = site
  }

  /** Readings of one moment, each of another series. @param at as the site's clock says @param trueAt as it is */
  offer(count: number, at: number, trueAt: number): VersionedReading[] {
    return Array.from({ length: Math.min(count, SERIES_MAX) }, (_, series) => {
      const device = `${this.#site}-${series % DEVICES}`
      const point = POINTS[Math.floor(series / DEVICES)] ?? ''
      const value = this.readings.push({ device, point, at: trueAt }) - 1
      return { device, point, at, value, quality: 'good' as const, hash: HASH }
    })
  }

  offerEvent(kind: 'alarm' | 'gateway.started', at: number): SiteEvent {
    const number = this.events.length
    const id = `${this.#site} ${number}`
    this.events.push(id)
    return { id, kind, at, body: { number } }
  }

  /** Everything from these numbers up to those was committed. */
  accept(from: { readings: number; events: number }, to: { readings: number; events: number }): void {
    for (let k = from.readings; k < to.readings; k++) this.accepted.readings.add(k)
    for (let k = from.events; k < to.events; k++) this.accepted.events.add(k)
  }

  /** What is accepted from now on is in doubt once the disk is put back to how it is now. @returns does that */
  remember(): () => void {
    const readings = new Set(this.accepted.readings)
    const events = new Set(this.accepted.events)
    return () => {
      for (const k of this.accepted.readings) if (!readings.has(k)) this.accepted.readings.delete(k)
      for (const k of this.accepted.events) if (!events.has(k)) this.accepted.events.delete(k)
    }
  }

  get position(): { readings: number; events: number } {
    return { readings: this.readings.length, events: this.events.length }
  }
}
