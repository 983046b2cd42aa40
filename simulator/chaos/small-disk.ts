import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const STEP_BYTES = 1024 * 1024
const LEAST_BYTES = 512

/** A disk in memory, so small that it can be filled. */
export class SmallDisk implements Disposable {
  /** Where it is mounted. */
  readonly folder: string
  #isMounted = true

  private constructor(folder: string) {
    this.folder = folder
  }

  static open(folder: string, bytes: number): SmallDisk {
    mkdirSync(folder, { recursive: true })
    const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'sluice-chaos', folder], {
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`expected a small disk at ${folder}, got ${error?.message ?? stderr.trim()}`)
    return new SmallDisk(folder)
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.folder)
    return bavail * bsize
  }

  /** Takes all that is free. */
  fill(): void {
    const file = openSync(this.#ballast, 'a')
    for (let bytes = STEP_BYTES; bytes >= LEAST_BYTES; ) {
      try {
        if (writeSync(file, Buffer.alloc(bytes)) < bytes) bytes >>= 1
      } catch {
        bytes >>= 1
      }
    }
    closeSync(file)
  }

  /** Gives it back. */
  clear(): void {
    rmSync(this.#ballast, { force: true })
  }

  [Symbol.dispose](): void {
    if (!this.#isMounted) return
    this.#isMounted = false
    // Lazily: a file of it that is still open holds nobody up.
    spawnSync('umount', ['-l', this.folder])
  }

  get #ballast(): string {
    return join(this.folder, 'ballast')
  }
}
