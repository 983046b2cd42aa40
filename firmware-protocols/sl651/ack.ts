import type { End } from './ends.ts'
import type { Envelope } from './frame.ts'
import type { MessageInput } from './message.ts'
import { stationTimeText } from './station-time.ts'

export interface AckOptions {
  /** What the station may do now; `NAK` asks for a packet again. */
  readonly end: End
  /** The centre's clock, epoch ms. */
  readonly at: number
  /** Of a message in several packets the last one if all came, or with `NAK` the one that is wanted again; the total if it is not given. */
  readonly packet?: number
  /** Serial of the message where the frame itself has none: only the first of several packets has it. */
  readonly serial?: number
}

/** The answer of a centre to what a station sent, for `encodeMessage`. It repeats the serial, and the total of packets if there are several. */
export function ack(to: Envelope & { readonly serial?: number }, { end, at, packet, serial }: AckOptions): MessageInput {
  return {
    encoding: to.encoding,
    direction: 'down',
    centre: to.centre,
    station: to.station,
    password: to.password,
    function: to.function,
    serial: to.serial ?? serial ?? 0,
    sendTime: stationTimeText(at),
    end,
    ...(to.packets !== undefined && { packets: to.packets, packet: packet ?? to.packets }),
  }
}
