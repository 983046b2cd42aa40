import type { DeviceEvent } from '#devices'
import type { BusOptions, Listening } from './bus.ts'
import { DriverError } from './driver-error.ts'
import type { ListenAddress } from './line-address.ts'
import type { ListeningPort, Peer } from './listening-port.ts'
import { UNKNOWN_BYTES_MAX, UnknownStations } from './unknown-stations.ts'

/** Frames of one station that may wait until its report is on disk; more are dropped, and come again. */
export const FRAMES_WAITING_MAX = 256

/** A device that calls, as its line knows it. */
export interface CalledDevice {
  /** Tells what concerns the line and no device of it. */
  tell(event: DeviceEvent): void
}

/** A line on which stations call: who is known there, where each was heard last, and what has to be done for each, one after the other. */
export abstract class StationLine<D extends CalledDevice, F> implements Listening {
  readonly url: string
  protected readonly options: BusOptions
  protected readonly devices = new Map<string, D>()
  protected abstract readonly port: ListeningPort<F>
  readonly #unknown = new UnknownStations()
  readonly #peers = new Map<string, Peer>()
  readonly #turns = new Map<string, { count: number; last: Promise<void> }>()
  #listening: Promise<void> | undefined
  #cancelTick = (): void => {}
  #isClosed = false
  protected readonly events = { unknownFrames: 0, droppedFrames: 0, unsent: 0, unkept: 0 }

  constructor({ kind, host, port }: ListenAddress, options: BusOptions) {
    this.url = `${kind}://${host.includes(':') ? `[${host}]` : host}:${port}`
    this.options = options
  }

  get counts(): Readonly<Record<string, number>> {
    return { ...this.port.counts, ...this.events }
  }

  /** Stations that call and are no device. */
  get unknown(): UnknownStations['list'] {
    return this.#unknown.list
  }

  /** Opens the ports, or tries again where it failed. @throws DriverError `unreachable` */
  listen(): Promise<void> {
    this.#listening ??= this.port.listen().then(
      () => {
        this.options.log.info({ line: this.url }, 'stations may call')
        this.#tick()
      },
      (error: unknown) => {
        this.#listening = undefined
        throw error
      },
    )
    return this.#listening
  }

  /** From now on the reports of this address are the device's. @throws DriverError `configuration` where it is another's */
  enter(address: string, device: D): Disposable {
    if (this.devices.has(address))
      throw new DriverError('configuration', `expected each station once on ${this.url}, got ${address} again`)
    this.devices.set(address, device)
    this.#unknown.forget(address)
    return { [Symbol.dispose]: () => this.leave(address) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.#cancelTick()
    await this.#listening?.catch(() => {})
    await this.port[Symbol.asyncDispose]()
  }

  protected leave(address: string): void {
    this.devices.delete(address)
  }

  /** Called once a second of machine time. */
  protected onTick(): void {}

  /** Where a station was heard last; answers go there. */
  protected heardAt(station: string, peer: Peer): void {
    this.#peers.delete(station)
    this.#peers.set(station, peer)
    const [oldest = station] = this.#peers.keys()
    if (this.#peers.size > PEERS_MAX) this.#peers.delete(oldest)
  }

  protected send(station: string, bytes: Uint8Array): void {
    const peer = this.#peers.get(station)
    if (peer === undefined) this.events.unsent++
    else peer.send(bytes)
  }

  /** Does it when all that came before of this station is done. @returns whether there is room for it */
  protected inTurn(station: string, job: () => Promise<void>): boolean {
    const turn = this.#turns.get(station) ?? { count: 0, last: Promise.resolve() }
    if (turn.count >= FRAMES_WAITING_MAX) {
      this.events.droppedFrames++
      return false
    }
    turn.count++
    this.#turns.set(station, turn)
    turn.last = turn.last
      .then(job)
      .catch((error: unknown) => this.options.log.warn({ line: this.url, station, err: error }, 'a frame led to an error'))
      .finally(() => {
        if (--turn.count === 0) this.#turns.delete(station)
      })
    return true
  }

  /** Somebody calls whom nobody knows: told once, and not answered, since nothing of it is kept. */
  protected stranger(address: string, frame: Uint8Array, peer: Peer, body: Readonly<Record<string, unknown>>): void {
    this.events.unknownFrames++
    const at = this.options.clock.now()
    if (!this.#unknown.hear(address, at, peer.name)) return
    const [teller] = this.devices.values()
    const hex = Buffer.from(frame.subarray(0, UNKNOWN_BYTES_MAX)).toString('hex').toUpperCase()
    this.options.log.warn({ line: this.url, station: address, peer: peer.name }, 'a station calls that is no device of this site')
    teller?.tell({ kind: 'device.unknown', device: address, at, body: { line: this.url, peer: peer.name, ...body, frame: hex } })
  }

  #tick(): void {
    if (this.#isClosed) return
    this.#cancelTick = this.options.clock.after(TICK_MS, () => {
      this.onTick()
      this.#tick()
    })
  }
}

const TICK_MS = 1000
/** Stations whose place is remembered. */
const PEERS_MAX = 10_000
