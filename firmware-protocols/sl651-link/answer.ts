import { type End, encodeFrame, type Frame, stationTimeText } from '#protocols/sl651'

/** How a frame is answered. */
export interface AnswerOptions {
  readonly end: End
  /** The centre's clock, epoch ms. */
  readonly at: number
  /** Of the message; 0 where its first packet, which has it, did not come. */
  readonly serial: number
  /** Of a message in several packets: their number, and the last of them, or with `NAK` the one that is wanted again. */
  readonly packets?: number | undefined
  readonly packet?: number | undefined
}

/**
 * The answer of a centre: serial and time alone, to whatever function, also to one that the standard does not have, for nothing that a
 * station sends may stop its centre.
 */
export function answerBytes(to: Frame, { end, at, serial, packets, packet = packets }: AnswerOptions): Uint8Array {
  const { encoding, centre, station, password, function: code } = to
  const digits = `${serial.toString(16).padStart(4, '0').toUpperCase()}${stationTimeText(at)}`
  const body = new Uint8Array(Buffer.from(digits, encoding === 'hex' ? 'hex' : 'latin1'))
  const parts = packets === undefined || packet === undefined ? {} : { packets, packet }
  return encodeFrame({ encoding, direction: 'down', centre, station, password, function: code, end, body, ...parts })
}
