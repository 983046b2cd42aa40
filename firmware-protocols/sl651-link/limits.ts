/** Bounds of a centre, each with its unit last. */
export interface LinkLimits {
  /** Stations that are remembered; the one not heard for longest gives way. */
  readonly sessionsMax: number
  /** Commands that wait for one station. */
  readonly commandsMax: number
  /** Messages of one station that are recognised when they come again. */
  readonly duplicatesMax: number
  /** Messages in several packets that are put together at a time, of all stations. */
  readonly assembliesMax: number
  /** Packets and bytes of one of them. */
  readonly packetsMax: number
  readonly assemblyBytesMax: number
  /** Bytes of all of them. */
  readonly assembliesBytesMax: number
  /** A message in several packets is given up after so much silence. */
  readonly assemblyTimeoutMs: number
  /** If the last packet does not come, a missing one is asked for after so much silence. */
  readonly nakAfterMs: number
  /** How often one packet is asked for. */
  readonly naksMax: number
  /** A command is sent again after so much silence. */
  readonly answerTimeoutMs: number
  /** First try and two resends (SL 651-2014, mode M4). */
  readonly triesMax: number
  /** A station that was told to stay online leaves after so long without a command (SL 651-2014, ESC). */
  readonly onlineMs: number
}

export const LINK_LIMITS: LinkLimits = {
  sessionsMax: 10_000,
  commandsMax: 16,
  duplicatesMax: 64,
  assembliesMax: 64,
  packetsMax: 2_048,
  assemblyBytesMax: 1 << 20,
  assembliesBytesMax: 8 << 20,
  assemblyTimeoutMs: 120_000,
  nakAfterMs: 15_000,
  naksMax: 3,
  answerTimeoutMs: 30_000,
  triesMax: 3,
  onlineMs: 600_000,
}

/** A clock that is off by more takes a second frame to be set. */
export const CLOCK_STEP_MS = 300_000
/** Missing packets that a notice names one by one. */
export const MISSING_TOLD_MAX = 32
