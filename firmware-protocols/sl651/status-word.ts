/** What a set bit says, from bit 0. Bits 7 and 10 are no alarms. */
const SET = [
  ['mains', 'lost'],
  ['battery', 'low'],
  ['level', 'alarm'],
  ['flow', 'alarm'],
  ['quality', 'alarm'],
  ['flowMeter', 'fault'],
  ['levelMeter', 'fault'],
  ['cabinetDoor', 'closed'],
  ['memory', 'fault'],
  ['icCard', 'valid'],
  ['pump', 'stopped'],
  ['remainingVolume', 'exceeded'],
] as const

/** The state of a station in words, element 45 (SL 651-2014, table 58). */
export interface StationStatus {
  readonly mains: 'ok' | 'lost'
  readonly battery: 'ok' | 'low'
  /** The limits of level, flow and water quality. */
  readonly level: 'ok' | 'alarm'
  readonly flow: 'ok' | 'alarm'
  readonly quality: 'ok' | 'alarm'
  readonly flowMeter: 'ok' | 'fault'
  readonly levelMeter: 'ok' | 'fault'
  readonly cabinetDoor: 'open' | 'closed'
  readonly memory: 'ok' | 'fault'
  readonly icCard: 'off' | 'valid'
  readonly pump: 'running' | 'stopped'
  readonly remainingVolume: 'ok' | 'exceeded'
}

/** The words of a status word, its bit 0 the least one. The upper twenty bits are kept by the standard. */
export function stationStatus(word: number): StationStatus {
  const said = <T>(bit: number, clear: T, set: T): T => ((word >>> bit) & 1 ? set : clear)
  return {
    mains: said(0, 'ok', 'lost'),
    battery: said(1, 'ok', 'low'),
    level: said(2, 'ok', 'alarm'),
    flow: said(3, 'ok', 'alarm'),
    quality: said(4, 'ok', 'alarm'),
    flowMeter: said(5, 'ok', 'fault'),
    levelMeter: said(6, 'ok', 'fault'),
    cabinetDoor: said(7, 'open', 'closed'),
    memory: said(8, 'ok', 'fault'),
    icCard: said(9, 'off', 'valid'),
    pump: said(10, 'running', 'stopped'),
    remainingVolume: said(11, 'ok', 'exceeded'),
  }
}

/** The word that says so. */
export function statusWord(status: StationStatus): number {
  return SET.reduce((word, [name, set], bit) => (status[name] === set ? word | (1 << bit) : word), 0)
}
