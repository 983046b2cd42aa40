import { type Catalogue, modbusEntry, type Profile } from '#devices'
import { isReading, type Report } from './driver.ts'
import { lengthOf, type Recording, type RecordingHeader } from './recording.ts'
import type { ReplayOptions } from './replay.ts'

type ReplayedDevices = ReplayOptions['devices']

/** The recorded devices with their models. @throws RangeError where none is named, or a model is not there */
export function replayDevices(named: RecordingHeader['devices'], catalogue: Catalogue): ReplayedDevices {
  if (named.length === 0) throw new RangeError('expected the model of the device with --profile, for the recording names none')
  return named.map(({ id, unit, profile: name }) => {
    const profile = modbusEntry(catalogue, name)
    if (profile === undefined)
      throw new RangeError(
        `expected a model read by Modbus, got "${name}" of ${id}; --profiles names a folder of your own models`,
      )
    return { id, unit, profile }
  })
}

/** What a driver said as one line of JSON each: values are whole counts of 10^-`decimals`, which stand beside them. */
export function tellable(report: Report, devices: ReplayedDevices): Readonly<Record<string, unknown>>[] {
  return report.map((item) => {
    if (!isReading(item)) return { ...item }
    const { device, point, at, value, ...rest } = item
    const profile = devices.find(({ id }) => id === device)?.profile.profile
    const decimals = typeof value === 'number' ? decimalsOf(profile, point) : undefined
    return { device, point, at, value, ...(decimals !== undefined && { decimals }), ...rest }
  })
}

function decimalsOf(profile: Profile | undefined, point: string): number | undefined {
  if (profile === undefined) return undefined
  if ('modbus' in profile) return profile.modbus.points[point]?.decimals
  return 'sl651' in profile ? profile.sl651.points[point]?.decimals : undefined
}

/** `48 sent and 48 received in 60.0 s, recorded 2026-07-01T00:00:00.000Z on tcp://127.0.0.1:502` */
export function describeRecording(recording: Recording): string {
  const { header, entries } = recording
  const sent = entries.filter((entry) => 'tx' in entry).length
  const received = entries.filter((entry) => 'rx' in entry).length
  const seconds = (lengthOf(recording) / 1000).toFixed(1)
  const missing = entries.reduce((sum, entry) => sum + ('dropped' in entry ? entry.dropped : 0), 0)
  const gaps = missing > 0 ? `; ${missing} lines are missing, they were not read in time` : ''
  return `${sent} sent and ${received} received in ${seconds} s, recorded ${header.started} on ${header.line}${gaps}`
}
