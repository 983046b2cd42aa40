import type { ModbusProfile } from '#devices'

/** How a serial line is set; eight data bits. */
export interface SerialSettings extends Pick<ModbusProfile['modbus']['defaults'], 'baud' | 'parity' | 'stopBits'> {
  /** An answer comes as late as its last byte would at this speed. */
  readonly paced: boolean
}

/** The line is set as the device leaves the factory. */
export function serialSettings({ modbus: { defaults } }: ModbusProfile, paced: boolean): SerialSettings {
  const { baud, parity, stopBits } = defaults
  return { baud, parity, stopBits, paced }
}

/** Milliseconds of one byte: a start bit, eight data bits, perhaps a parity bit, and stop bits. */
export function byteMs({ baud, parity, stopBits }: SerialSettings): number {
  return ((9 + (parity === 'none' ? 0 : 1) + stopBits) * 1000) / baud
}
