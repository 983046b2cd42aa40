import { stat, statfs } from 'node:fs/promises'
import { Gauge, Registry } from 'prom-client'
import { LANES } from '#wire'
import type { GatewayStatus } from './gateway-status.ts'
import type { OutboxRoom } from './journal/index.ts'

/** What a row takes in the journal's file, with its share of pages; measured at 240 readings a second. */
const ROW_BYTES = 80

/** What the outbox still takes: bytes, and hours at the rate at which rows came lately. */
export interface Room {
  readonly fileBytes: number
  readonly diskBytesLeft: number
  /** Until readings are thinned, should nothing be acknowledged. Null while nothing comes in and nothing waits. */
  readonly hoursLeft: number | null
}

/** @param rowsPerSecond rows that enter the journal, machine time */
export async function measureRoom(journalFile: string, outbox: OutboxRoom, rowsPerSecond: number): Promise<Room> {
  const [{ size }, { bavail, bsize }] = await Promise.all([stat(journalFile), statfs(journalFile)])
  const diskBytesLeft = bavail * bsize
  // Free pages of the file are room, too.
  const bytesLeft = Math.max(0, Math.min(outbox.bytesMax - outbox.bytes, diskBytesLeft + size - outbox.bytes))
  const hours = [
    ...(rowsPerSecond > 0 ? [bytesLeft / (rowsPerSecond * ROW_BYTES * 3600)] : []),
    ...(rowsPerSecond > 0 || outbox.hours > 0 ? [Math.max(0, outbox.hoursMax - outbox.hours)] : []),
  ]
  return { fileBytes: size, diskBytesLeft, hoursLeft: hours.length > 0 ? Math.min(...hours) : null }
}

/**
 * The gateway's numbers in Prometheus' text format. Along the road they balance: read = journalled + duplicates + pending + held, and journalled =
 * settled + waiting, in each lane.
 */
export async function gatewayMetrics({ clock, devices, journal, uplink, lines }: GatewayStatus, room: Room): Promise<string> {
  const registry = new Registry()
  const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ name: `sluice_${name}`, help, labelNames: [...labelNames], registers: [registry] })
  const set = (name: string, help: string, value: number) => gauge(name, help).set(value)
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

  set('readings_read_total', 'Readings that drivers gave since the start', sum(devices.map(({ readings }) => readings)))
  set('readings_bad_total', 'Of these, readings without a value', sum(devices.map(({ bad }) => bad)))
  const issued = gauge('rows_journalled_total', 'Rows given a seq in this journal', ['lane'])
  const settled = gauge(
    'rows_settled_total',
    'Rows the outbox is done with: the cloud has or refuses them, or they are declared lost',
    ['lane'],
  )
  const waiting = gauge('outbox_rows', 'Rows that wait for the cloud', ['lane'])
  for (const lane of LANES) {
    const state = journal.lanes[lane]
    issued.set({ lane }, state.issued)
    settled.set({ lane }, state.issued - state.waiting)
    waiting.set({ lane }, state.waiting)
  }
  set('rows_pending', 'Readings on their way into the journal', journal.pending)
  set('rows_held', 'Rows that wait for their time, before they get a seq', journal.held)
  set('clock_trusted', '1 while the times that rows get are known to be right', clock.isTrusted ? 1 : 0)
  set('rows_duplicate_total', 'Readings that said again what was journalled, since the start', journal.duplicates)
  set('rows_damaged_total', 'Rows whose checksum did not hold, since the start', journal.damaged)
  set('journal_disk_errors_total', 'Times that the disk failed the journal, since the start', journal.diskErrors)
  set('journal_renewals_total', 'Times that the numbers of rows began anew, since the start', journal.renewals)
  set('journal_failing', '1 while the journal takes no rows', journal.isFailing ? 1 : 0)
  set('rows_sent_total', 'Rows handed to the broker since the start, again ones counted again', uplink.rowsSent)
  set('batches_sent_total', 'Batches handed to the broker since the start', uplink.batchesSent)
  set('link_window_bytes', 'Bytes that may be under way, unacknowledged', uplink.windowBytes)
  set('link_bytes_under_way', 'Bytes that are under way, unacknowledged', uplink.bytesUnderWay)
  set('link_bytes_per_second', 'What the link carries as measured on this connection; 0: not known', uplink.bytesPerSecond)
  set('link_batch_bytes_max', 'No batch is larger: what the broker takes, as far as is known', uplink.batchBytesMax)
  const shares = gauge('reading_bytes_sent_total', 'Bytes of readings handed to the broker since the start', ['share'])
  shares.set({ share: 'fresh' }, uplink.bytesSent.fresh)
  shares.set({ share: 'backlog' }, uplink.bytesSent.backlog)
  set('link_up', '1 while the broker is connected', uplink.isConnected ? 1 : 0)
  set('rows_thinned_total', 'Readings given up because the outbox was full, each declared lost, since the start', journal.thinned)
  set('outbox_bytes', 'Bytes that the outbox takes', journal.room.bytes)
  set('outbox_bytes_max', 'Bytes beyond which readings are thinned', journal.room.bytesMax)
  set('outbox_hours', 'Hours of running that the oldest reading has waited', journal.room.hours)
  set('outbox_hours_max', 'Hours beyond which readings are thinned', journal.room.hoursMax)
  set('outbox_file_bytes', "Size of the journal's file", room.fileBytes)
  set('outbox_bytes_left', 'Bytes that its disk still takes', room.diskBytesLeft)
  if (room.hoursLeft !== null)
    set('outbox_hours_left', 'Hours until readings are thinned, should nothing be acknowledged', room.hoursLeft)
  const online = gauge('device_online', '1 online, 0 offline, absent: nothing heard yet', ['device'])
  for (const { id, isOnline } of devices) if (isOnline !== null) online.set({ device: id }, isOnline ? 1 : 0)
  const overruns = gauge('device_overruns_total', 'Polls that were skipped because the round before took too long', ['device'])
  for (const { id, counts } of devices) overruns.set({ device: id }, counts.overruns ?? 0)
  const counts = gauge('line_count_total', 'What the line counted since it was opened', ['line', 'kind'])
  for (const [line, values] of Object.entries(lines)) {
    for (const [kind, value] of Object.entries(values)) if (typeof value === 'number') counts.set({ line, kind }, value)
  }
  return registry.metrics()
}
