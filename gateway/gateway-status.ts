import type { UplinkState } from '#uplink'
import type { Journal, LaneStates, OutboxRoom } from './journal/index.ts'
import type { DeviceState } from './supervisor.ts'

/** What the gateway knows of itself; the console shows it. */
export interface GatewayStatus {
  readonly gateway: string
  readonly version: string
  readonly epoch: string
  readonly boot: string
  readonly now: number
  /** Whether the times that rows get are right, and what is added to site time for that; null: not known. */
  readonly clock: { readonly isTrusted: boolean; readonly deltaMs: number | null }
  readonly uplink: UplinkState
  readonly journal: Journal['counters'] & { readonly lanes: LaneStates; readonly room: OutboxRoom }
  readonly lines: Readonly<Record<string, object>>
  readonly devices: readonly DeviceState[]
}
