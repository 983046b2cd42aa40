import { refuse } from './hex-text.ts'

/** The counters of function 50, in their order (SL 651-2014, table 60). Those behind the eighteenth are kept by the standard. */
const EVENTS = [
  'historyInitialised',
  'parametersChanged',
  'stateChanged',
  'sensorFault',
  'passwordChanged',
  'terminalFault',
  'mainsLost',
  'batteryLow',
  'boxOpened',
  'pumpFault',
  'volumeExceeded',
  'levelExceeded',
  'pressureExceeded',
  'qualityExceeded',
  'dataError',
  'sent',
  'received',
  'sendError',
  'reserved19',
  'reserved20',
  'reserved21',
  'reserved22',
  'reserved23',
  'reserved24',
  'reserved25',
  'reserved26',
  'reserved27',
  'reserved28',
  'reserved29',
  'reserved30',
  'reserved31',
  'reserved32',
] as const

/** Two bytes a counter. */
export const EVENT_BYTES = EVENTS.length * 2

/** How often each has happened, 0..65535. */
export type EventCounts = Readonly<Partial<Record<(typeof EVENTS)[number], number>>>

export function readEvents(bytes: Uint8Array, from: number): EventCounts {
  const counts: { -readonly [Key in keyof EventCounts]: EventCounts[Key] } = {}
  EVENTS.forEach((name, index) => {
    counts[name] = (bytes[from + index * 2] ?? 0) * 256 + (bytes[from + index * 2 + 1] ?? 0)
  })
  return counts
}

/** The inverse of `readEvents`; a counter left out is 0. @throws ProtocolError `malformed` for a count that two bytes do not hold */
export function eventBytes(counts: EventCounts): Uint8Array {
  const bytes = new Uint8Array(EVENT_BYTES)
  EVENTS.forEach((name, index) => {
    const count = counts[name] ?? 0
    if (!Number.isInteger(count) || count < 0 || count > 0xffff) refuse(`expected 0 to 65535 for ${name}, got ${count}`)
    bytes[index * 2] = count >> 8
    bytes[index * 2 + 1] = count
  })
  return bytes
}
