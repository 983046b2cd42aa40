import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * An ext4 file system in an image file, mounted through a loop device. The image holds what was synced or written back, as the platter of a
 * disk does; what only lies in the memory of the file system is not in it, and so not in a copy of it either.
 */
export class LoopDisk implements Disposable {
  /** Where it is mounted. */
  readonly folder: string
  readonly #place: string
  #image: string
  #cuts = 0
  #isMounted = false

  private constructor(place: string) {
    this.#place = place
    this.folder = join(place, 'disk')
    this.#image = join(place, 'disk-0.img')
  }

  /** @param place an empty folder for images and the mount point */
  static open(place: string, bytes: number): LoopDisk {
    const disk = new LoopDisk(place)
    mkdirSync(disk.folder, { recursive: true })
    writeFileSync(disk.#image, '')
    truncateSync(disk.#image, bytes)
    run('mkfs.ext4', '-q', '-F', disk.#image)
    disk.#mount()
    return disk
  }

  /** Keeps what a power cut at this moment would leave: to be called while all who write stand still. */
  keep(): void {
    this.#cuts += 1
    copyFileSync(this.#image, this.#kept)
  }

  /** Mounts what was kept, in the place of what is there: to be called when nobody has a file open. */
  restore(): void {
    this.#unmount()
    rmSync(this.#image)
    this.#image = this.#kept
    this.#mount()
  }

  [Symbol.dispose](): void {
    if (this.#isMounted) this.#unmount()
  }

  get #kept(): string {
    return join(this.#place, `disk-${this.#cuts}.img`)
  }

  #mount(): void {
    // What nobody syncs is to be lost: the file system must not write its journal by itself in the meantime, nor guess what ought to be synced.
    run('mount', '-o', 'loop,commit=300,noauto_da_alloc', this.#image, this.folder)
    this.#isMounted = true
  }

  #unmount(): void {
    // The loop device goes with it.
    run('umount', this.folder)
    this.#isMounted = false
  }
}

function run(command: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`expected ${command} ${args.join(' ')} to work, got ${error?.message ?? stderr.trim()}`)
}
