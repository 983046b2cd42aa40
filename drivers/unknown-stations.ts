/** Stations without a device that are remembered; further ones are only counted. */
export const UNKNOWN_STATIONS_MAX = 200
/** Bytes of the first frame that are told. */
export const UNKNOWN_BYTES_MAX = 512

/** A station that calls, and that no device of the site is. */
export interface UnknownStation {
  readonly address: string
  readonly firstAt: number
  readonly lastAt: number
  readonly frames: number
  /** What its last frame came by. */
  readonly peer: string
}

/** Who calls without being known, for somebody to adopt: bounded, since anybody can make addresses up. */
export class UnknownStations {
  readonly #stations = new Map<string, UnknownStation>()

  get list(): readonly UnknownStation[] {
    return [...this.#stations.values()]
  }

  /** @returns whether it is heard for the first time, and is to be told */
  hear(address: string, at: number, peer: string): boolean {
    const known = this.#stations.get(address)
    if (known === undefined && this.#stations.size >= UNKNOWN_STATIONS_MAX) return false
    const { firstAt = at, frames = 0 } = known ?? {}
    this.#stations.set(address, { address, firstAt, lastAt: at, frames: frames + 1, peer })
    return known === undefined
  }

  /** It has become a device. */
  forget(address: string): void {
    this.#stations.delete(address)
  }
}
