import { basename, dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Lane } from '#wire/batch'
import type { Disk } from './disk.ts'

/** What the journal had given out when the mark was written: a journal that has less has lost the end of its log, or was restored. */
export interface Mark {
  readonly gateway: string
  readonly epoch: string
  readonly issued: Readonly<Record<Lane, number>>
}

/** Between two writes, machine time. */
const MARK_MS = 1000

/** The small file beside the journal; replaced whole, so that it is the old or the new one. */
export class MarkFile {
  readonly #file: string
  readonly #disk: Disk
  readonly #failed: () => void
  #written = ''
  #writtenAt = Number.NEGATIVE_INFINITY

  /** @param failed is told of each mark that the disk did not take */
  constructor(journalFile: string, disk: Disk, failed: () => void = () => {}) {
    this.#failed = failed
    this.#file = join(dirname(journalFile), `${basename(journalFile, '.db')}.mark`)
    this.#disk = disk
  }

  /** Null where there is none, or none that is whole. */
  read(): Mark | null {
    try {
      const [body = '', sum] = (this.#disk.read(this.#file) ?? '').split('\n')
      return String(crc32(body)) === sum ? (JSON.parse(body) as Mark) : null
    } catch {
      return null
    }
  }

  /** Writes at most once in `MARK_MS`. @param mono machine time */
  offer(mark: Mark, mono: number): void {
    const since = mono - this.#writtenAt
    if (since >= 0 && since < MARK_MS) return
    this.#writtenAt = mono
    this.write(mark)
  }

  /** A disk that takes no mark may still take rows: the journal goes on without. */
  write({ gateway, epoch, issued }: Mark): void {
    const body = JSON.stringify({ gateway, epoch, issued })
    if (body === this.#written) return
    try {
      this.#disk.write(this.#file, `${body}\n${crc32(body)}\n`)
      this.#written = body
    } catch {
      this.#written = ''
      this.#failed()
    }
  }
}
