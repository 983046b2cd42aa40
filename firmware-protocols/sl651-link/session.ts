import type { End, Frame } from '#protocols/sl651'
import type { CommandAddress, StationCommand } from './command.ts'

/** A command on its way. */
export interface Exchange {
  readonly command: StationCommand
  /** As the station was when it began. */
  readonly to: CommandAddress
  attempt: number
  sentAt: number
  bytes: Uint8Array
  /** Clock frames that were answered. */
  answered: number
}

/** How a message was answered; `end` is absent where it was not. */
export interface Answered {
  readonly end?: End
}

/** What a centre knows of one station, by its address: never by where its frames come from. */
export class Session {
  readonly station: string
  readonly queue: StationCommand[] = []
  exchange: Exchange | undefined
  encoding: Frame['encoding'] = 'hex'
  centre: number
  /** Of the last frame; what was set by a confirmed change goes before it. */
  password: string
  /** What the last notice about the password said. */
  toldPassword: string | undefined
  /** Set by a change that was confirmed. */
  changedPassword: string | undefined
  /** Asked to stay online after each report. */
  isHeld = false
  /** Until when a station that was answered with ESC listens; 0: it does not. */
  onlineUntil = 0
  /** Station's clock minus ours, when it was last heard; undefined for a clock that was never set. */
  clockOffsetMs: number | undefined
  readonly #answered = new Map<string, Answered>()

  constructor(station: string, centre: number, password: string) {
    this.station = station
    this.centre = centre
    this.password = password
  }

  answeredBefore(key: string): Answered | undefined {
    return this.#answered.get(key)
  }

  /** Whatever comes again is a new message. */
  forgetAnswers(): void {
    this.#answered.clear()
  }

  remember(key: string, answered: Answered, countMax: number): void {
    this.#answered.delete(key)
    this.#answered.set(key, answered)
    const [oldest = key] = this.#answered.keys()
    if (this.#answered.size > countMax) this.#answered.delete(oldest)
  }
}
