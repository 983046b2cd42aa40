import type { Clock } from '#devices'
import {
  decodeFrame,
  decodeMessage,
  type ElementInput,
  encodeFrame,
  encodeMessage,
  type Frame,
  type Message,
  type MessageInput,
  type ParameterInput,
  sl651Splitter,
  stationTime,
  stationTimeText,
} from '#protocols/sl651'
import { callCentre, type LinkTarget, type StationLink } from './sl651-link.ts'

/** First try and two resends (SL 651-2014, mode M2). */
export const STATION_TRIES_MAX = 3
/** Bytes of a body in one packet of several, as for GPRS. */
const PACKET_BYTES = 220

/** What goes wrong with a simulated station; each strikes the next message only, but for its clock. */
export interface StationFault {
  /** The answer does not arrive; so many times. */
  readonly lostAcks?: number
  /** A bit is flipped on the way; so many times. */
  readonly wrongCrcs?: number
  /** Noise goes before it. */
  readonly noise?: Uint8Array
  /** It is sent twice in one piece. */
  readonly glued?: boolean
  /** It goes out in pieces of so many bytes, each by itself. */
  readonly cutBytes?: number
  /** Half of it goes out first, and is never finished. */
  readonly torn?: boolean
  /** Its clock is off by so much from now on; null: it was never set. */
  readonly clockOffMs?: number | null
  /** These packets of several do not arrive at first. */
  readonly lostPackets?: readonly number[]
}

export interface SimulatedStationOptions {
  /** Ten digits. */
  readonly address: string
  readonly centre?: number
  readonly password?: string
  /** P rain, H river, … */
  readonly class: string
  readonly mode: 'M1' | 'M2' | 'M3' | 'M4'
  readonly encoding?: 'hex' | 'ascii'
  readonly target: LinkTarget
  /** What its instruments show at a site time. */
  readonly elements: (at: number) => readonly ElementInput[]
  readonly parameters?: readonly ParameterInput[]
  readonly clock: Clock
  /** Machine time until a message without an answer is sent again; default 10 s. */
  readonly answerMs?: number
}

/** What became of a message. */
export interface Outcome {
  /** The centre has it, as far as the station knows; M1 never knows. */
  readonly isAcknowledged: boolean
  readonly tries: number
  readonly serial: number
}

/** A station of SL 651 as its centre sees it: real bytes over a real line, its own clock, its own serial. */
export class SimulatedStation implements AsyncDisposable {
  readonly #options: SimulatedStationOptions
  readonly #stop = new AbortController()
  readonly #splitter = sl651Splitter()
  #target: LinkTarget
  #link: StationLink | undefined
  #serial = 0
  #offsetMs: number | null = 0
  #fault: StationFault = {}
  #isDeaf = false
  #awaited: { code: string; serial: number; answer: (message: Message) => void } | undefined
  /** What the centre asked, in order. */
  readonly asked: string[] = []
  /** Every answer and confirmation that arrived. */
  readonly heard: Message[] = []

  constructor(options: SimulatedStationOptions) {
    this.#options = options
    this.#target = options.target
  }

  /** Sets what goes wrong with what is sent next. */
  fail(fault: StationFault): void {
    if (fault.clockOffMs !== undefined) this.#offsetMs = fault.clockOffMs
    this.#fault = fault
  }

  /** Whether it hears nothing of what its centre says. */
  mute(isDeaf: boolean): void {
    this.#isDeaf = isDeaf
  }

  /** Calls again from another port, and address if one is given; the serial goes on. */
  async reconnect(from?: string): Promise<void> {
    await this.#hangUp()
    this.#target = { ...this.#target, ...(from !== undefined && { from }) }
  }

  /** Begins its serial anew, as after a loss of power. */
  restart(): void {
    this.#serial = 0
  }

  /** Reports by itself: 30 test, 32 timed, 33 extra, 34 hourly. @param observedAt site time, default now */
  report(code = '32', observedAt = this.#now(), elements = this.#options.elements(observedAt)): Promise<Outcome> {
    const at = this.#observeText(observedAt)
    return this.#deliver({ function: code, elements: elements.map((element) => ({ at, ...element })) })
  }

  /** An image in packets, as mode M3 sends it. */
  async image(bytes: Uint8Array): Promise<Outcome> {
    const hex = Buffer.from(bytes).toString('hex').toUpperCase()
    const at = this.#observeText(this.#now())
    const whole = this.#encode({ function: '36', elements: [{ id: 'F3', hex, at }] }, this.#nextSerial())
    return this.#packets(whole)
  }

  async heartbeat(): Promise<void> {
    await this.#send(encodeMessage(this.#message({ function: '2F' }, this.#serial)))
  }

  /** Bytes as they are. */
  async raw(bytes: Uint8Array): Promise<void> {
    await this.#send(bytes)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#hangUp()
  }

  async #deliver(body: Partial<MessageInput> & { readonly function: string }): Promise<Outcome> {
    const serial = this.#nextSerial()
    const bytes = encodeMessage(this.#message(body, serial))
    const { mode } = this.#options
    for (let tries = 1; ; tries++) {
      if (mode === 'M1') {
        await this.#send(this.#struck(bytes))
        return { isAcknowledged: false, tries, serial }
      }
      const answer = this.#answerTo(body.function, serial)
      await this.#send(this.#struck(bytes))
      if ((await answer) !== undefined) return { isAcknowledged: true, tries, serial }
      if (tries >= STATION_TRIES_MAX || this.#stop.signal.aborted) return { isAcknowledged: false, tries, serial }
    }
  }

  async #packets(whole: { readonly frame: Frame; readonly serial: number }): Promise<Outcome> {
    const { frame, serial } = whole
    const packets = Math.ceil(frame.body.length / PACKET_BYTES)
    const bytesOf = (packet: number, isLast: boolean): Uint8Array =>
      encodeFrame({
        ...frame,
        ...{ packets, packet, end: isLast ? 'ETX' : 'ETB' },
        body: frame.body.slice((packet - 1) * PACKET_BYTES, packet * PACKET_BYTES),
      })
    const lost = new Set(this.#fault.lostPackets)
    let wanted = Array.from({ length: packets }, (_, index) => index + 1)
    for (let tries = 1; tries <= packets + STATION_TRIES_MAX; tries++) {
      const answer = this.#answerTo(frame.function, serial)
      for (const packet of wanted)
        if (!lost.delete(packet)) await this.#send(bytesOf(packet, wanted.length === 1 || packet === packets))
      const got = await answer
      if (got === undefined) return { isAcknowledged: false, tries, serial }
      if (got.end !== 'NAK') return { isAcknowledged: true, tries, serial }
      wanted = [got.packet ?? 1]
    }
    return { isAcknowledged: false, tries: packets + STATION_TRIES_MAX, serial }
  }

  #encode(body: Partial<MessageInput> & { readonly function: string }, serial: number) {
    // A body longer than one frame is encoded in parts: the element's bytes are put behind its head.
    const [element] = body.elements ?? []
    const tail = Buffer.from(element?.hex ?? '', 'hex')
    const head = encodeMessage(this.#message({ ...body, elements: element ? [{ ...element, hex: '' }] : [] }, serial))
    const { body: start, ...frame } = decodeFrame(head)
    return { frame: { ...frame, body: new Uint8Array([...start, ...tail]) }, serial }
  }

  /** The answer to a message, or undefined after too long. */
  #answerTo(code: string, serial: number): Promise<Message | undefined> {
    const { clock, answerMs = 10_000 } = this.#options
    const { signal } = this.#stop
    return new Promise((resolve) => {
      const answer = (message: Message | undefined): void => {
        cancel()
        signal.removeEventListener('abort', onStop)
        resolve(message)
      }
      const onStop = (): void => answer(undefined)
      const cancel = clock.after(answerMs, onStop)
      signal.addEventListener('abort', onStop)
      this.#awaited = { code, serial, answer }
    })
  }

  #struck(bytes: Uint8Array): Uint8Array {
    const { wrongCrcs = 0, noise, glued, torn } = this.#fault
    const sound = [...(noise ?? []), ...(torn ? bytes.subarray(0, bytes.length >> 1) : []), ...bytes, ...(glued ? bytes : [])]
    if (wrongCrcs === 0) {
      const { noise: _, glued: __, torn: ___, ...rest } = this.#fault
      this.#fault = rest
      return Uint8Array.from(sound)
    }
    this.#fault = { ...this.#fault, wrongCrcs: wrongCrcs - 1 }
    return bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte))
  }

  async #send(bytes: Uint8Array): Promise<void> {
    if (this.#link?.isOpen === false) await this.#hangUp()
    this.#link ??= await callCentre(this.#target, (chunk) => this.#hear(chunk)).catch(() => undefined)
    const { cutBytes = bytes.length } = this.#fault
    for (let from = 0; from < bytes.length; from += cutBytes) {
      this.#link?.send(bytes.subarray(from, from + cutBytes))
      // Each piece by itself: the next waits until this one is on its way.
      if (cutBytes < bytes.length) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async #hangUp(): Promise<void> {
    await this.#link?.[Symbol.asyncDispose]()
    this.#link = undefined
    this.#splitter.reset()
  }

  #hear(chunk: Uint8Array): void {
    if (this.#isDeaf) return
    for (const bytes of this.#splitter.push(chunk)) {
      const message = decodeMessage(bytes)
      if (message.end === 'ENQ') void this.#obey(message)
      else this.#confirmed(message)
    }
  }

  #confirmed(message: Message): void {
    const { lostAcks = 0 } = this.#fault
    if (lostAcks > 0) {
      this.#fault = { ...this.#fault, lostAcks: lostAcks - 1 }
      return
    }
    this.heard.push(message)
    const awaited = this.#awaited
    if (message.function === awaited?.code && (message.serial === awaited.serial || message.end === 'NAK'))
      awaited.answer(message)
  }

  /** Answers what the centre asks. */
  async #obey({ function: code, query = [], sendTime = '', period, timeStep }: Message): Promise<void> {
    const { elements, parameters = [], clock } = this.#options
    this.asked.push(code)
    const now = this.#now()
    const at = this.#observeText(now)
    const observed = elements(now).map((element) => ({ at, ...element }))
    if (code === '4A') this.#offsetMs = (stationTime(sendTime) ?? clock.now()) - clock.now()
    if (code === '37') await this.#answer({ function: code, elements: observed })
    else if (code === '38' && period) {
      const [wanted] = query
      const found = elements(now).find(({ id }) => wanted?.startsWith(id))
      const values = [found?.value ?? null, found?.value ?? null]
      if (found?.def !== undefined)
        await this.#answer({
          function: code,
          ...(timeStep !== undefined && { timeStep }),
          elements: [{ id: found.id, def: found.def, values, at: `${period.from}00` }],
        })
    } else if (code === '41' || code === '43')
      await this.#answer({
        function: code,
        parameters: parameters.filter(({ id }) => query.some((asked) => asked.startsWith(id))),
      })
    else if (code === '4A' || code === '51') await this.#answer({ function: code })
  }

  async #answer(body: Partial<MessageInput> & { readonly function: string }): Promise<void> {
    await this.#send(encodeMessage(this.#message(body, this.#nextSerial())))
  }

  #message(body: Partial<MessageInput> & { readonly function: string }, serial: number): MessageInput {
    const { address, centre = 1, password = '0000', encoding = 'hex', class: stationClass } = this.#options
    const hasStation = body.function !== '2F'
    return {
      ...{ encoding, direction: 'up', centre, station: address, password, end: 'ETX', serial, sendTime: this.#clockText() },
      ...(hasStation && { bodyStation: address }),
      ...(hasStation && CLASSED.has(body.function) && { class: stationClass }),
      ...body,
    }
  }

  #nextSerial(): number {
    this.#serial = (this.#serial % 0xffff) + 1
    return this.#serial
  }

  #now(): number {
    return this.#options.clock.now()
  }

  /** YYMMDDHHmmSS of its own clock. */
  #clockText(at = this.#now()): string {
    // A clock that was never set counts from 1959 on.
    return this.#offsetMs === null ? `59${stationTimeText(at).slice(2)}` : stationTimeText(at + this.#offsetMs)
  }

  #observeText(at: number): string {
    return this.#clockText(at).slice(0, 10)
  }
}

/** Functions in whose body the class of the station stands. */
const CLASSED = new Set(['30', '31', '32', '33', '34', '36', '37', '38', '3A', '44'])
