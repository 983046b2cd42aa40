import { once } from 'node:events'
import type { Clock } from '#devices'
import { connectLine } from './bus.ts'
import { parseAskedLine } from './line-address.ts'
import type { RecordingEntry } from './recording.ts'

/**
 * Opens a line and says nothing on it: everything that is heard there, until a stop or the end of the connection. On a serial bus that is what its
 * master and its devices say to each other.
 * @throws DriverError `configuration`, `unreachable`, `stopped`
 */
export async function watchLine(
  url: string,
  clock: Pick<Clock, 'mono'>,
  take: (entry: RecordingEntry) => void,
  stop: AbortSignal,
): Promise<void> {
  const stream = await connectLine(parseAskedLine(url), stop)
  const startedAt = clock.mono()
  const at = (): number => Math.round((clock.mono() - startedAt) * 10) / 10
  const end = (): void => void stream.destroy()
  stream.on('data', (bytes: Buffer) => take({ at: at(), rx: bytes.toString('hex') }))
  stream.on('error', end)
  stream.once('end', end)
  stop.addEventListener('abort', end, { once: true })
  take({ at: 0, event: 'open' })
  if (stop.aborted) end()
  if (!stream.closed) await once(stream, 'close')
  stop.removeEventListener('abort', end)
  take({ at: at(), event: 'close' })
}
