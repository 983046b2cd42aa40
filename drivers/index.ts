import type { OpenDriver } from './driver.ts'

/** How bytes travel: one talker a line, one driver a way of talking. */
export { type Block, type BlockLimits, type BlockPoint, planBlocks } from './block-plan.ts'
export {
  type Bus,
  type BusOptions,
  type ConnectLine,
  LINES_MAX,
  type LineLease,
  type ListenerLease,
  type Listening,
  openBus,
} from './bus.ts'
export {
  ANSWER_MS_TYPICAL,
  type DeviceTime,
  type DueTime,
  type LineTime,
  predictLine,
  ROUND_TRIP_MS_TYPICAL,
} from './bus-time.ts'
export * from './command.ts'
export * from './driver.ts'
export * from './driver-error.ts'
export { FINGERPRINT_REGISTERS_MAX, type Fingerprint, fingerprintFault } from './fingerprint.ts'
export { type Query, queryOf } from './framing.ts'
export type { Line, LineCounts } from './line.ts'
export {
  describeLine,
  describeSettings,
  isListening,
  type LineAddress,
  type ListenAddress,
  lineKey,
  linePort,
  parseLine,
  type SerialAddress,
  type TcpAddress,
} from './line-address.ts'
export { LINE_PENDING_MAX } from './line-queue.ts'
export type { Log } from './log.ts'
export type { WireMask } from './mask.ts'
export type { ReplayedDevice } from './replay-device.ts'
export * from './wire-tap.ts'

/** Drivers by the profile's key, loaded on first use. */
export const drivers = {
  modbus: () => import('./modbus.ts'),
  sl651: () => import('./sl651.ts'),
} satisfies Record<string, () => Promise<{ readonly open: OpenDriver }>>

/** What only a technician uses, loaded when he does: a running site has no memory to spare for it. */
export const tools = {
  record: () => import('./record-tools.ts'),
  replay: () => import('./replay-tools.ts'),
  probe: () => import('./probe-tools.ts'),
}
