import assert from 'node:assert'
import { ProtocolError } from '#protocols/error'
import { type End, type Frame, functionInfo, stationTime } from '#protocols/sl651'
import { answerBytes } from './answer.ts'
import { Assemblies } from './assemblies.ts'
import { type BodyHead, bodyHead } from './body-head.ts'
import { type CommandAddress, encodeCommand, isEchoed, newPassword, SET_CLOCK, type StationCommand } from './command.ts'
import { CLOCK_STEP_MS, LINK_LIMITS, type LinkLimits } from './limits.ts'
import { failed, notice, tell } from './notice.ts'
import type { LinkMode, LinkOutput } from './output.ts'
import { type Exchange, Session } from './session.ts'

/** What a centre is told about itself and its stations. */
export interface CentreOptions {
  /** 1..255: used until a station has said to which centre it speaks. */
  readonly centre: number
  readonly modeOf: (station: string) => LinkMode
  /** Four hex digits; undefined where any is taken. */
  readonly passwordOf: (station: string) => string | undefined
  readonly limits?: Partial<LinkLimits>
}

const [HEARTBEAT, TEST] = ['2F', '30'] as const

/**
 * The centre's side of the link (SL 651-2014, 6.3): takes sound frames and the time, says what has to be sent and what was received. Frames
 * whose CRC fails never come here, which is how they are dropped in silence.
 */
export class Sl651Centre {
  readonly #options: CentreOptions
  readonly #limits: LinkLimits
  /** Heard longest ago first. */
  readonly #sessions = new Map<string, Session>()
  readonly #assemblies: Assemblies

  constructor(options: CentreOptions) {
    this.#options = options
    this.#limits = { ...LINK_LIMITS, ...options.limits }
    this.#assemblies = new Assemblies(this.#limits)
  }

  /** Bytes of messages that are not complete. */
  get assemblyBytes(): number {
    return this.#assemblies.bytes
  }

  /** @param at when it arrived, epoch ms */
  receive(frame: Frame, at: number): LinkOutput[] {
    const out: LinkOutput[] = []
    if (frame.direction === 'down') return [notice(frame.station, { code: 'wrong-direction' })]
    const session = this.#open(frame.station, out)
    this.#hear(session, frame, out)
    if (frame.packets === undefined) this.#whole(session, frame, at, out)
    else this.#packet(session, frame, at, out)
    return out
  }

  /** Has to be called about once a second, for everything that happens because nothing came. */
  tick(at: number): LinkOutput[] {
    const out: LinkOutput[] = []
    const { told, silent } = this.#assemblies.tick(at)
    tell(out, told)
    for (const frame of silent) this.#askAgain(frame, at, out)
    for (const session of this.#sessions.values()) {
      const { exchange } = session
      if (exchange && at - exchange.sentAt >= this.#limits.answerTimeoutMs) this.#retry(session, exchange, at, out)
      if (session.onlineUntil > 0 && at >= session.onlineUntil) {
        session.onlineUntil = 0
        out.push(notice(session.station, { code: 'offline' }))
      }
    }
    return out
  }

  /**
   * Queues a command. It is sent when the station listens: at once in mode M4, otherwise after its next report, which is answered with ESC
   * for that.
   * @throws ProtocolError for a command that no frame holds
   */
  command(station: string, command: StationCommand, at: number): LinkOutput[] {
    const out: LinkOutput[] = []
    const session = this.#open(station, out)
    encodeCommand(command, this.#addressOf(session), at)
    if (this.#options.modeOf(station) === 'M1') return [...out, failed(station, command, 'mode')]
    if (session.queue.length >= this.#limits.commandsMax) return [...out, failed(station, command, 'queue-full')]
    session.queue.push(command)
    this.#dispatch(session, at, out)
    return out
  }

  /** Takes a command back: it is sent no more, and what answers it is not confirmed. Nothing is told of it any more. */
  cancel(station: string, id: string, at: number): LinkOutput[] {
    const out: LinkOutput[] = []
    const session = this.#sessions.get(station)
    if (session === undefined) return out
    const place = session.queue.findIndex((command) => command.id === id)
    if (place >= 0) session.queue.splice(place, 1)
    if (session.exchange?.command.id === id) {
      session.exchange = undefined
      this.#dispatch(session, at, out)
    }
    return out
  }

  /** Whether reports of a station are answered with ESC from now on, so that it stays online. */
  hold(station: string, isHeld: boolean): LinkOutput[] {
    const out: LinkOutput[] = []
    this.#open(station, out).isHeld = isHeld
    return out
  }

  /**
   * A report of this station could not be kept safe: whatever of it comes again is a report again, and no duplicate that is merely answered.
   * Its commands go on.
   */
  forget(station: string): void {
    this.#sessions.get(station)?.forgetAnswers()
    this.#assemblies.forget(station)
  }

  #open(station: string, out: LinkOutput[]): Session {
    const known = this.#sessions.get(station)
    this.#sessions.delete(station)
    const session = known ?? new Session(station, this.#options.centre, this.#options.passwordOf(station) ?? '0000')
    this.#sessions.set(station, session)
    if (this.#sessions.size > this.#limits.sessionsMax) this.#evict(session, out)
    return session
  }

  /** One without commands if there is one. */
  #evict(newest: Session, out: LinkOutput[]): void {
    const [oldest = newest] = this.#sessions.values()
    const idle = firstIdle(this.#sessions.values(), newest)
    const { station, queue, exchange } = idle ?? oldest
    this.#sessions.delete(station)
    const commands = exchange ? [exchange.command, ...queue] : queue
    out.push(
      notice(station, { code: 'session-dropped' }),
      ...commands.map((command) => failed(station, command, 'session-dropped')),
    )
  }

  #hear(session: Session, frame: Frame, out: LinkOutput[]): void {
    const { station, password, end } = frame
    session.encoding = frame.encoding
    session.centre = frame.centre
    session.password = password
    const expected = session.changedPassword ?? this.#options.passwordOf(station)
    const isTold = session.toldPassword === password
    session.toldPassword = expected === undefined || expected === password ? undefined : password
    if (expected !== undefined && session.toldPassword !== undefined && !isTold)
      out.push(notice(station, { code: 'password-mismatch', expected, got: password }))
    if (end !== 'ETX' && end !== 'ETB') out.push(notice(station, { code: 'wrong-end', end }))
  }

  #packet(session: Session, frame: Frame, at: number, out: LinkOutput[]): void {
    const { packets = 0, packet = 0, station } = frame
    if (packet < 1 || packet > packets) {
      out.push(notice(station, { code: 'bad-packet-number', packet, packets }))
      return
    }
    const { state, frame: whole, isNew, told } = this.#assemblies.put(frame, at)
    tell(out, told)
    const isLast = frame.end === 'ETX' || packet === packets
    const head = whole && bodyHead(whole)
    if (whole && state === 'complete') this.#whole(session, whole, at, out, packets)
    if (head && state === 'again' && isLast) this.#again(session, whole, head, at, out, packets)
    if (state === 'open' && isNew && isLast) this.#askAgain(frame, at, out)
  }

  /** Names one packet that is missing; a station that hears nothing in mode M1 is not asked. */
  #askAgain(frame: Frame, at: number, out: LinkOutput[]): void {
    if (this.#options.modeOf(frame.station) === 'M1') return
    const wanted = this.#assemblies.want(frame, at)
    if (wanted === undefined) return
    if ('notice' in wanted) {
      tell(out, [wanted])
      return
    }
    const serial = (wanted.first && bodyHead(wanted.first)?.serial) ?? 0
    const bytes = answerBytes(wanted.frame, { end: 'NAK', at, serial, packets: wanted.frame.packets, packet: wanted.packet })
    out.push({ kind: 'send', station: frame.station, bytes })
  }

  #whole(session: Session, frame: Frame, at: number, out: LinkOutput[], packets?: number): void {
    const { station, function: code } = frame
    const head = bodyHead(frame)
    if (head === undefined) {
      out.push(notice(station, { code: 'bad-body', function: code }))
      return
    }
    const sentAt = stationTime(head.sendTime)
    session.clockOffsetMs = sentAt === null ? undefined : sentAt - at
    if (code === HEARTBEAT) {
      out.push({ kind: 'heartbeat', station, at })
      this.#dispatch(session, at, out)
      return
    }
    const key = keyOf(frame, head)
    if (session.answeredBefore(key)) {
      this.#again(session, frame, head, at, out, packets)
      return
    }
    const { exchange } = session
    const isAnswer = exchange?.command.function === code
    const command = isAnswer ? { command: exchange.command.id } : {}
    const parts = packets === undefined ? {} : { packets }
    out.push({ kind: 'report', station, frame, ...head, at, isTest: code === TEST, ...parts, ...command })
    const end = isAnswer ? this.#progress(session, exchange, frame, at, out) : this.#endOf(session, frame, out)
    session.remember(key, end === undefined ? {} : { end }, this.#limits.duplicatesMax)
    if (end) this.#answer(session, frame, head, end, at, out, packets)
    this.#dispatch(session, at, out)
  }

  /** A message that came before, its answer having been lost. */
  #again(session: Session, frame: Frame, head: BodyHead, at: number, out: LinkOutput[], packets?: number): void {
    out.push({ kind: 'duplicate', station: session.station, function: frame.function, ...head })
    const end = session.answeredBefore(keyOf(frame, head))?.end
    if (end) this.#answer(session, frame, head, end, at, out, packets)
  }

  /** How a report of the station's own accord is answered. */
  #endOf(session: Session, frame: Frame, out: LinkOutput[]): End | undefined {
    const { station, function: code } = frame
    if (functionInfo(Number.parseInt(code, 16))?.reply === 'confirm') {
      out.push(notice(station, { code: 'unasked', function: code }))
      return undefined
    }
    if (this.#options.modeOf(station) === 'M1') return undefined
    return this.#endAfter(session, frame)
  }

  #endAfter({ isHeld, queue }: Session, { end }: Frame): End {
    if (end === 'ETB') return 'ACK'
    return isHeld || queue.length > 0 ? 'ESC' : 'EOT'
  }

  /** Takes the answer to a command. @returns how it is confirmed; undefined where it must not be */
  #progress(session: Session, exchange: Exchange, frame: Frame, at: number, out: LinkOutput[]): End | undefined {
    const { station } = session
    const { command } = exchange
    if (!isEchoed(command, frame)) {
      session.exchange = undefined
      out.push(failed(station, command, 'echo-differs'))
      return undefined
    }
    if (frame.end === 'ETB') {
      exchange.sentAt = at
      return 'ACK'
    }
    const offset = Math.abs(session.clockOffsetMs ?? Number.POSITIVE_INFINITY)
    const isClock = command.function === SET_CLOCK
    exchange.answered++
    if (isClock && offset > CLOCK_STEP_MS && exchange.answered < 2) {
      exchange.attempt = 0
      this.#send(session, exchange, at, out)
      return undefined
    }
    session.exchange = undefined
    session.changedPassword = newPassword(command) ?? session.changedPassword
    if (isClock && offset > CLOCK_STEP_MS) out.push(failed(station, command, 'clock-not-set'))
    else {
      const { clockOffsetMs } = session
      const told = isClock && clockOffsetMs !== undefined ? { clockOffsetMs } : {}
      out.push(notice(station, { code: 'command-done', command: command.id, ...told }))
    }
    return this.#endAfter(session, frame)
  }

  #answer(session: Session, frame: Frame, { serial }: BodyHead, end: End, at: number, out: LinkOutput[], packets?: number): void {
    out.push({ kind: 'send', station: session.station, bytes: answerBytes(frame, { end, at, serial, packets }) })
    if (end === 'ESC') session.onlineUntil = at + this.#limits.onlineMs
    if (end === 'EOT') session.onlineUntil = 0
  }

  /** Sends the next command if the station listens and none is on its way. */
  #dispatch(session: Session, at: number, out: LinkOutput[]): void {
    const isListening = this.#options.modeOf(session.station) === 'M4' || at < session.onlineUntil
    const [command] = session.queue
    if (session.exchange || command === undefined || !isListening) return
    session.queue.shift()
    const to = this.#addressOf(session)
    const bytes = triedBytesOf(command, to, at)
    if (bytes === undefined) {
      out.push(failed(session.station, command, 'not-encodable'))
      this.#dispatch(session, at, out)
      return
    }
    session.exchange = { command, to, attempt: 0, sentAt: at, bytes, answered: 0 }
    this.#send(session, session.exchange, at, out)
  }

  #send(session: Session, exchange: Exchange, at: number, out: LinkOutput[]): void {
    const { command } = exchange
    exchange.attempt++
    exchange.sentAt = at
    // A clock is set to the time of the frame, so that an old frame must not be sent again.
    if (command.function === SET_CLOCK) exchange.bytes = encodeCommand(command, exchange.to, at)
    if (session.onlineUntil > 0) session.onlineUntil = at + this.#limits.onlineMs
    out.push({ kind: 'send', station: session.station, bytes: exchange.bytes })
    out.push(notice(session.station, { code: 'command-sent', command: command.id, attempt: exchange.attempt }))
  }

  #retry(session: Session, exchange: Exchange, at: number, out: LinkOutput[]): void {
    if (exchange.attempt < this.#limits.triesMax) {
      this.#send(session, exchange, at, out)
      return
    }
    session.exchange = undefined
    out.push(failed(session.station, exchange.command, 'no-answer'))
    this.#dispatch(session, at, out)
  }

  #addressOf({ station, centre, encoding, password, changedPassword }: Session): CommandAddress {
    return { station, centre, encoding, password: changedPassword ?? this.#options.passwordOf(station) ?? password }
  }
}

/** Mostly the first: a flood of stations must not cost a look at all of them for each. */
function firstIdle(sessions: Iterable<Session>, newest: Session): Session | undefined {
  for (const session of sessions) if (session !== newest && session.queue.length === 0 && !session.exchange) return session
  return undefined
}

/** The station may have changed its encoding or its password since the command was queued. */
function triedBytesOf(command: StationCommand, to: CommandAddress, at: number): Uint8Array | undefined {
  try {
    return encodeCommand(command, to, at)
  } catch (error) {
    assert.ok(error instanceof ProtocolError)
    return undefined
  }
}

function keyOf(frame: Frame, { serial, sendTime }: BodyHead): string {
  return `${frame.function}/${serial}/${sendTime}`
}
