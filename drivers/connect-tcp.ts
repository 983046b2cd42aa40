import { connect, type Socket } from 'node:net'
import { DriverError } from './driver-error.ts'
import type { TcpAddress } from './line-address.ts'

/** A host that does not answer at all is given up after this. */
export const CONNECT_MS_MAX = 5_000
/** How long a connection may be idle before the kernel asks whether its peer is still there. */
const KEEP_ALIVE_MS = 30_000

/** Opens a connection. The caller listens to `error`. @throws DriverError `unreachable`, or `stopped` by the signal. */
export function connectTcp({ host, port }: TcpAddress, stop: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const where = `${host}:${port}`
    if (stop.aborted) return reject(new DriverError('stopped', `expected a connection to ${where}, got a stop`))
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS })
    const settle = (): void => {
      clearTimeout(timer)
      stop.removeEventListener('abort', onStop)
      socket.off('error', onError)
      socket.off('connect', onConnect)
    }
    const fail = (error: DriverError): void => {
      settle()
      // The socket may still tell of its own end.
      socket.on('error', () => {})
      socket.destroy()
      reject(error)
    }
    const onError = (cause: NodeJS.ErrnoException): void =>
      fail(new DriverError('unreachable', `expected a connection to ${where}, got ${cause.code ?? cause.message}`, { cause }))
    const onStop = (): void => fail(new DriverError('stopped', `expected a connection to ${where}, got a stop`))
    const onConnect = (): void => {
      settle()
      resolve(socket)
    }
    const timer = setTimeout(
      () => fail(new DriverError('unreachable', `expected a connection to ${where}, got none in ${CONNECT_MS_MAX} ms`)),
      CONNECT_MS_MAX,
    )
    stop.addEventListener('abort', onStop)
    socket.once('error', onError)
    socket.once('connect', onConnect)
  })
}
