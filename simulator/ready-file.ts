import { open, rename } from 'node:fs/promises'
import type { ClockSetting } from '#devices'
import type { DeviceAddress } from './simulator.ts'

/** Tells other processes that the devices answer, where, and by which clock. */
export interface ReadyFile {
  readonly addresses: readonly DeviceAddress[]
  readonly clock: ClockSetting
  readonly pid: number
}

/** Any process may tell so what it is reached by. Writes the file whole or not at all: a temporary file beside it, synced, renamed. */
export async function writeReadyFile<T extends { readonly pid: number } = ReadyFile>(file: string, ready: T): Promise<void> {
  const temporary = `${file}.${ready.pid}.tmp`
  {
    await using handle = await open(temporary, 'w')
    await handle.writeFile(`${JSON.stringify(ready, null, 2)}\n`)
    await handle.sync()
  }
  await rename(temporary, file)
}
