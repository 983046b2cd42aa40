import { type Static, Type } from 'typebox'

const Flag = Type.Boolean()

/** DLE EOT 1. `drawerOpen` is pin 3 of the drawer's connector being high, which means open with the usual drawer. */
const Printer = Type.Object({
  kind: Type.Literal('printer'),
  online: Flag,
  drawerOpen: Flag,
  waitingToRecover: Flag,
  feedPressed: Flag,
})
/** DLE EOT 2: why the printer is offline. `paperEnd`: it stopped for it. */
const OfflineCause = Type.Object({
  kind: Type.Literal('offline-cause'),
  coverOpen: Flag,
  feedPressed: Flag,
  paperEnd: Flag,
  error: Flag,
})
/** DLE EOT 3. An auto-recoverable error is most often a hot print head. */
const ErrorCause = Type.Object({
  kind: Type.Literal('error'),
  recoverableError: Flag,
  cutterError: Flag,
  unrecoverableError: Flag,
  autoRecoverableError: Flag,
})
/** DLE EOT 4. */
const Paper = Type.Object({ kind: Type.Literal('paper'), paperNearEnd: Flag, paperEnd: Flag })
/** Automatic status back, four bytes after each change that GS a has asked for. `reserved`: its last byte where it is not 0. */
const Automatic = Type.Object({
  kind: Type.Literal('automatic'),
  online: Flag,
  drawerOpen: Flag,
  coverOpen: Flag,
  feeding: Flag,
  waitingToRecover: Flag,
  feedPressed: Flag,
  recoverableError: Flag,
  cutterError: Flag,
  unrecoverableError: Flag,
  autoRecoverableError: Flag,
  paperNearEnd: Flag,
  paperEnd: Flag,
  reserved: Type.Optional(Type.Integer({ minimum: 0, maximum: 0x6f })),
})
/** GS r 1. */
const PaperSensors = Type.Object({ kind: Type.Literal('paper-sensors'), paperNearEnd: Flag, paperEnd: Flag })
/** GS r 2. */
const Drawer = Type.Object({ kind: Type.Literal('drawer'), drawerOpen: Flag })
/** XON and XOFF: whether its buffer takes more. */
const Flow = Type.Object({ kind: Type.Literal('flow'), ready: Flag })

export const StatusMessage = Type.Union([Printer, OfflineCause, ErrorCause, Paper, Automatic, PaperSensors, Drawer, Flow])
/** What a printer says of itself. */
export type StatusMessage = Static<typeof StatusMessage>

/** Replies to DLE EOT, by their number from 1. */
export const REAL_TIME_KINDS = ['printer', 'offline-cause', 'error', 'paper'] as const
/** Replies to GS r, by their number from 1. */
export const TRANSMITTED_KINDS = ['paper-sensors', 'drawer'] as const
export type ReplyKind = (typeof REAL_TIME_KINDS)[number] | (typeof TRANSMITTED_KINDS)[number]

/** Bytes of an automatic status. */
export const AUTOMATIC_BYTES = 4
export const XON = 0x11
export const XOFF = 0x13

/** What a byte from a printer can be, told by the bits that are fixed in each. */
export type StatusByte = 'real-time' | 'automatic' | 'transmitted' | 'flow' | 'none'

/** A reply to DLE EOT is 0xx1xx10, the first byte of an automatic status 0xx1xx00, its others and a reply to GS r 0xx0xxxx. */
export function statusByteOf(byte: number): StatusByte {
  if (byte === XON || byte === XOFF) return 'flow'
  if ((byte & 0x93) === 0x12) return 'real-time'
  if ((byte & 0x93) === 0x10) return 'automatic'
  return (byte & 0x90) === 0 ? 'transmitted' : 'none'
}

/** The reply in one byte. Of two sensors for one thing, either counts. */
export function readReply(kind: ReplyKind, byte: number): StatusMessage {
  const bit = (mask: number) => (byte & mask) !== 0
  switch (kind) {
    case 'printer':
      return { kind, online: !bit(0x08), drawerOpen: bit(0x04), waitingToRecover: bit(0x20), feedPressed: bit(0x40) }
    case 'offline-cause':
      return { kind, coverOpen: bit(0x04), feedPressed: bit(0x08), paperEnd: bit(0x20), error: bit(0x40) }
    case 'error':
      return {
        kind,
        recoverableError: bit(0x04),
        cutterError: bit(0x08),
        unrecoverableError: bit(0x20),
        autoRecoverableError: bit(0x40),
      }
    case 'paper':
      return { kind, paperNearEnd: bit(0x0c), paperEnd: bit(0x60) }
    case 'paper-sensors':
      return { kind, paperNearEnd: bit(0x03), paperEnd: bit(0x0c) }
    case 'drawer':
      return { kind, drawerOpen: bit(0x01) }
  }
}

/** The four bytes of an automatic status. */
export function readAutomatic([first = 0, second = 0, third = 0, reserved = 0]: readonly number[]): StatusMessage {
  return {
    kind: 'automatic',
    online: (first & 0x08) === 0,
    drawerOpen: (first & 0x04) !== 0,
    coverOpen: (first & 0x20) !== 0,
    feeding: (first & 0x40) !== 0,
    waitingToRecover: (second & 0x01) !== 0,
    feedPressed: (second & 0x02) !== 0,
    recoverableError: (second & 0x04) !== 0,
    cutterError: (second & 0x08) !== 0,
    unrecoverableError: (second & 0x20) !== 0,
    autoRecoverableError: (second & 0x40) !== 0,
    paperNearEnd: (third & 0x03) !== 0,
    paperEnd: (third & 0x0c) !== 0,
    ...(reserved !== 0 && { reserved }),
  }
}

/** The bytes of one message, as a printer sends it. */
export function writeStatus(message: StatusMessage): readonly number[] {
  switch (message.kind) {
    case 'printer':
      return [
        byteOf(
          0x12,
          [0x08, !message.online],
          [0x04, message.drawerOpen],
          [0x20, message.waitingToRecover],
          [0x40, message.feedPressed],
        ),
      ]
    case 'offline-cause':
      return [
        byteOf(0x12, [0x04, message.coverOpen], [0x08, message.feedPressed], [0x20, message.paperEnd], [0x40, message.error]),
      ]
    case 'error':
      return [
        byteOf(
          0x12,
          [0x04, message.recoverableError],
          [0x08, message.cutterError],
          [0x20, message.unrecoverableError],
          [0x40, message.autoRecoverableError],
        ),
      ]
    case 'paper':
      return [byteOf(0x12, [0x0c, message.paperNearEnd], [0x60, message.paperEnd])]
    case 'paper-sensors':
      return [byteOf(0, [0x03, message.paperNearEnd], [0x0c, message.paperEnd])]
    case 'drawer':
      return [byteOf(0, [0x01, message.drawerOpen])]
    case 'flow':
      return [message.ready ? XON : XOFF]
    case 'automatic':
      return [
        byteOf(0x10, [0x08, !message.online], [0x04, message.drawerOpen], [0x20, message.coverOpen], [0x40, message.feeding]),
        byteOf(
          0,
          [0x01, message.waitingToRecover],
          [0x02, message.feedPressed],
          [0x04, message.recoverableError],
          [0x08, message.cutterError],
          [0x20, message.unrecoverableError],
          [0x40, message.autoRecoverableError],
        ),
        byteOf(0, [0x03, message.paperNearEnd], [0x0c, message.paperEnd]),
        message.reserved ?? 0,
      ]
  }
}

function byteOf(fixed: number, ...flags: readonly (readonly [mask: number, isSet: boolean])[]): number {
  return flags.reduce((byte, [mask, isSet]) => (isSet ? byte | mask : byte), fixed)
}
