import { Duplex } from 'node:stream'
import { DriverError } from './driver-error.ts'
import type { SerialAddress } from './line-address.ts'

/**
 * Opens a serial port for this process alone. The native part is loaded with the first port. The modem lines are left as the kernel sets them on
 * opening (DTR and RTS on): a pseudo-terminal has none and refuses to set them. The stream ends with `close` when the port is unplugged; its
 * `close` after a `destroy` says that another may open the port.
 * @throws DriverError `unreachable`, or `stopped` by the signal.
 */
export async function connectSerial({ path, baud, parity, stopBits }: SerialAddress, stop: AbortSignal): Promise<Duplex> {
  // Not by its main entry, which loads a dozen parsers as well: 7 MiB.
  const { SerialPort } = await import('serialport/dist/serialport.js')
  if (stop.aborted) throw new DriverError('stopped', `expected to open ${path}, got a stop`)
  const port = new SerialPort({ path, baudRate: baud, dataBits: 8, parity, stopBits, lock: true, autoOpen: false })
  await new Promise<void>((resolve, reject) => {
    port.open((cause) => {
      if (cause) reject(new DriverError('unreachable', `expected to open ${path}, got: ${cause.message}`, { cause }))
      else resolve()
    })
  })
  const link = new Duplex({
    read: () => {},
    write: (bytes: Buffer, _, done) => void port.write(bytes, done),
    destroy: (error, done) => {
      if (port.isOpen) port.close(() => done(error))
      else if (port.closing) port.once('close', () => done(error))
      else done(error)
    },
  })
  port.on('data', (bytes: Buffer) => link.push(bytes))
  port.on('error', (error) => link.destroy(error))
  port.on('close', () => link.destroy())
  if (stop.aborted) {
    link.destroy()
    throw new DriverError('stopped', `expected to open ${path}, got a stop`)
  }
  return link
}
