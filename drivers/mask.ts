import { createHmac } from 'node:crypto'
import { decodeSerialCard, encodeSerialCard, serialCardSplitter } from '#protocols/cards'
import { ProtocolError } from '#protocols/error'
import type { Splitter } from '#protocols/frames'
import { decodeFrame, decodeMessage, encodeFrame, encodeMessage, sl651Splitter } from '#protocols/sl651'

/** Bytes of one direction, at the time they went. */
export interface WirePiece {
  readonly kind: 'tx' | 'rx'
  readonly bytes: Uint8Array
  readonly at: number
}

/**
 * Replaces what must not leave the site by something of the same form and length, so that a recording plays all the same. Bytes are held until
 * their frame is whole and come out as they were cut, at their times; what is no frame of the protocol may hold a secret and becomes zeros.
 */
export interface WireMask {
  push(kind: 'tx' | 'rx', bytes: Uint8Array, at: number): WirePiece[]
  /** What is still held, as zeros. */
  flush(): WirePiece[]
}

interface Secrets {
  splitter(): Splitter<Uint8Array>
  /** The frame without its secrets; undefined where it cannot be told what they are. */
  masked(frame: Uint8Array, salt: Uint8Array): Uint8Array | undefined
}

/**
 * The mask of a protocol that carries secrets; undefined for one that does not.
 * - `sl651`: passwords, in the head of each frame and where they are read or changed, become 0000;
 * - `serial-card`: each card becomes another, the same one each time within a recording.
 * @param salt random bytes of this recording: without them nobody finds a card by trying all
 */
export function wireMask(protocol: string, salt: Uint8Array): WireMask | undefined {
  const secrets = MASKED.get(protocol)
  return secrets && new FrameMask(secrets, salt)
}

class FrameMask implements WireMask {
  readonly #secrets: Secrets
  readonly #salt: Uint8Array
  #splitter: Splitter<Uint8Array>
  /** Of one direction, never empty bytes. */
  #held: WirePiece[] = []

  constructor(secrets: Secrets, salt: Uint8Array) {
    this.#secrets = secrets
    this.#salt = salt
    this.#splitter = secrets.splitter()
  }

  push(kind: 'tx' | 'rx', bytes: Uint8Array, at: number): WirePiece[] {
    // Times only rise: what one direction holds goes before what the other says.
    const before = this.#held[0] && this.#held[0].kind !== kind ? this.flush() : []
    // The line may use its buffer again.
    this.#held.push({ kind, bytes: new Uint8Array(bytes), at })
    const frames = this.#splitter.push(bytes)
    const all = Buffer.concat(this.#held.map((piece) => piece.bytes))
    const told = Buffer.alloc(all.length - this.#splitter.pendingBytes)
    let from = 0
    for (const frame of frames) {
      const found = all.indexOf(frame, from)
      const masked = this.#secrets.masked(frame, this.#salt)
      if (masked?.length === frame.length) told.set(masked, found)
      from = found + frame.length
    }
    return [...before, ...this.#release(told)]
  }

  flush(): WirePiece[] {
    this.#splitter = this.#secrets.splitter()
    return this.#release(Buffer.alloc(this.#held.reduce((sum, { bytes }) => sum + bytes.length, 0)))
  }

  /** Gives out as many of the bytes held, cut as they came; a piece whose end is still held is cut in two. */
  #release(told: Uint8Array): WirePiece[] {
    const out: WirePiece[] = []
    for (let from = 0; from < told.length; ) {
      const [piece, ...rest] = this.#held
      if (piece === undefined) break
      const bytes = told.subarray(from, from + piece.bytes.length)
      out.push({ ...piece, bytes })
      const left = piece.bytes.subarray(bytes.length)
      this.#held = left.length > 0 ? [{ ...piece, bytes: left }, ...rest] : rest
      from += bytes.length
    }
    return out
  }
}

/** Functions of SL 651 in whose body a password may stand (SL 651-2014, table 21): basic parameters written and read, and its change. */
const PASSWORD_FUNCTIONS = ['40', '41', '49']
const CHANGE_PASSWORD = '49'
/** Parameter 03, the password (annex D). */
const PASSWORD_PARAMETER = '03'
const NO_PASSWORD = '0000'

function maskedSl651(bytes: Uint8Array): Uint8Array | undefined {
  return understood(() => {
    const frame = decodeFrame(bytes)
    if (!PASSWORD_FUNCTIONS.includes(frame.function)) return encodeFrame({ ...frame, password: NO_PASSWORD })
    const message = decodeMessage(bytes)
    // A packet of several, or a body that is not understood to its end.
    if (message.data !== undefined || message.tail !== undefined) return undefined
    const parameters = message.parameters?.map((parameter) => {
      if (parameter.id !== PASSWORD_PARAMETER && message.function !== CHANGE_PASSWORD) return parameter
      const zeros = (text: string | undefined): string | undefined => text?.replace(/./g, '0')
      const { hex, text, ...rest } = parameter
      return {
        ...rest,
        ...(hex !== undefined && { hex: zeros(hex) ?? '' }),
        ...(text !== undefined && { text: zeros(text) ?? '' }),
      }
    })
    return encodeMessage({ ...message, password: NO_PASSWORD, ...(parameters && { parameters }) })
  })
}

function maskedCard(bytes: Uint8Array, salt: Uint8Array): Uint8Array | undefined {
  return understood(() => {
    const { decimal: _, ...card } = decodeSerialCard(bytes)
    const digest = createHmac('sha256', salt).update(card.uid).digest('hex').toUpperCase()
    // A letter first: a line of digits alone would be read as a decimal number.
    const uid = card.form === 'decimal' ? digest.slice(0, card.uid.length) : `F${digest.slice(1, card.uid.length)}`
    return encodeSerialCard({ ...card, uid })
  })
}

/** Undefined where the codec refuses. */
function understood(mask: () => Uint8Array | undefined): Uint8Array | undefined {
  try {
    return mask()
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

const MASKED: ReadonlyMap<string, Secrets> = new Map<string, Secrets>([
  ['sl651', { splitter: sl651Splitter, masked: maskedSl651 }],
  ['serial-card', { splitter: () => serialCardSplitter('lf'), masked: maskedCard }],
])
