import { isModbusEntry } from '#devices'
import { describeLine, describeSettings, type LineTime, lineKey, parseLine, predictLine } from '#drivers'
import type { SiteDevice } from './config.ts'

/** A line of a site, and who is on it. */
export interface SiteLine {
  /** Its URL with every setting spelt out. */
  readonly url: string
  /** What it is, in words: `serial port /dev/ttyUSB0 at 9600 baud, 8N1`. */
  readonly words: string
  readonly devices: readonly SiteDevice[]
  /** How busy it will be. */
  readonly time: LineTime
  /** Devices whose model leaves the factory with other serial settings, and those in words: `19200 baud, 8E1`. */
  readonly differing: readonly { readonly device: SiteDevice; readonly factory: string }[]
}

/** The lines of checked devices, in the order of their first device. */
export function siteLines(devices: readonly SiteDevice[]): SiteLine[] {
  const lines = Map.groupBy(devices, ({ line }) => lineKey(parseLine(line)))
  return [...lines].map(([url, members]) => {
    const address = parseLine(url)
    const words = describeLine(address)
    const time = predictLine(address, members)
    if (address.kind !== 'serial') return { url, words, devices: members, time, differing: [] }
    const differing = members.flatMap((device) => {
      if (!isModbusEntry(device.profile)) return []
      const factory = describeSettings(device.profile.profile.modbus.defaults)
      return factory === describeSettings(address) ? [] : [{ device, factory }]
    })
    return { url, words, devices: members, time, differing }
  })
}
