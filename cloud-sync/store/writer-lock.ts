import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { type Disk, openSqlite, type Sqlite } from './sqlite.ts'
import { StoreError } from './store-error.ts'

/**
 * Holds the right to write a store until it is disposed of, or until the process ends in whatever way: the lock is the operating system's,
 * on an empty database beside the store. Two writers of one WAL file starve each other, and SQLite alone would allow them.
 * @throws StoreError `locked`
 */
export function lockWriter(file: string): Disposable {
  mkdirSync(dirname(file), { recursive: true })
  const lock = new Database(`${file}.writer`, { timeout: 0 })
  try {
    // Nothing is ever written there, so that taking and losing the lock costs no sync.
    lock.pragma('journal_mode = DELETE')
    lock.exec('begin exclusive')
  } catch (cause) {
    lock.close()
    throw new StoreError('locked', `expected to be the only writer of ${file}, got another one`, { cause })
  }
  return { [Symbol.dispose]: () => void lock.close() }
}

const MACHINE: Disk = { open: openSqlite, lock: lockWriter }

export interface OpenOptions extends Partial<Disk> {
  readonly readonly?: boolean | undefined
}

/** A database and, for its writer, the right to write it. */
export interface OpenedSqlite extends Disposable {
  readonly sqlite: Sqlite
}

/**
 * Opens a database, locked where it is to be written. `open` is given where the disk is not this machine's; `lock` then comes with it or is none.
 * @throws StoreError `missing`, `unsafe`, `locked`
 */
export function openLocked(file: string, { readonly = false, open, lock }: OpenOptions = {}): OpenedSqlite {
  const disk = open === undefined ? MACHINE : { open, ...(lock && { lock }) }
  const held = readonly ? undefined : disk.lock?.(file)
  try {
    const sqlite = disk.open(file, { readonly })
    return {
      sqlite,
      [Symbol.dispose]: () => {
        sqlite.close()
        held?.[Symbol.dispose]()
      },
    }
  } catch (error) {
    held?.[Symbol.dispose]()
    throw error
  }
}
