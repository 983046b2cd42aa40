import type Database from 'better-sqlite3'
import type { Disk } from './disk.ts'

/** Kept free for a disk that others fill: deleting rows needs room in the log first. */
export const RESERVE_BYTES = 2 * 1024 * 1024
/** Between looks whether the disk has room again, machine time. */
const LOOK_MS = 10_000
/** By how many pages the file may grow for what must not be lost. */
const GROWTH_PAGES = 64
/** Pages in the log before they go into the file: few while the disk is full. */
const LOG_PAGES = { roomy: 1000, tight: 100 } as const
/** More pages than a file can have: no limit. */
const PAGES_MAX = 4_294_967_294

/**
 * Room for the journal's last words. While the disk is full the reserve serves the log, and the file takes no new pages: readings make room
 * among themselves, so that alarms and events still enter.
 */
export class DiskReserve {
  readonly #disk: Disk
  readonly #file: string
  #isHeld = false
  #lookAt = Number.NEGATIVE_INFINITY

  constructor(disk: Disk, file: string) {
    this.#disk = disk
    this.#file = `${file}.reserve`
  }

  /** Opens the file, with the reserve given back where the disk is too full for it. */
  opening<T>(open: () => T): T {
    try {
      return open()
    } catch (error) {
      if (!this.#disk.release?.(this.#file)) throw error
      return open()
    }
  }

  /** Takes the reserve where it is not held and there is room. @param mono machine time */
  hold(db: Database.Database, mono: number): void {
    if (this.#isHeld || (mono < this.#lookAt && mono > this.#lookAt - LOOK_MS)) return
    this.#lookAt = mono + LOOK_MS
    try {
      this.#isHeld = this.#disk.reserve?.(this.#file, RESERVE_BYTES) ?? true
    } catch {
      // Somebody else took the room meanwhile.
      this.#disk.release?.(this.#file)
    }
    if (this.#isHeld) db.pragma(`max_page_count = ${PAGES_MAX}`)
    db.pragma(`wal_autocheckpoint = ${this.#isHeld ? LOG_PAGES.roomy : LOG_PAGES.tight}`)
  }

  /** The disk is full: gives the reserve back to the log, or what the log took, and the file grows no more. */
  release(db: Database.Database, mono: number): void {
    this.#isHeld = false
    this.#lookAt = mono + LOOK_MS
    this.#disk.release?.(this.#file)
    db.pragma(`max_page_count = ${pagesOf(db)}`)
    db.pragma(`wal_autocheckpoint = ${LOG_PAGES.tight}`)
    try {
      db.pragma('wal_checkpoint(TRUNCATE)')
    } catch {
      // Then the log keeps its room, and what is tried next tells.
    }
  }

  /** Lets the file grow a little after all. @returns false where it may grow anyway */
  open(db: Database.Database): boolean {
    const pages = pagesOf(db)
    if (Number(db.pragma('max_page_count', { simple: true })) > pages) return false
    db.pragma(`max_page_count = ${pages + GROWTH_PAGES}`)
    return true
  }
}

function pagesOf(db: Database.Database): number {
  return Number(db.pragma('page_count', { simple: true }))
}
