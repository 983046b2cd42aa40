import { LANES, type Lane } from '#wire/batch'
import type { Disk } from './disk.ts'
import { damageBy, damageOf } from './inspection.ts'
import { openJournalDatabase } from './journal-database.ts'
import { JournalError } from './journal-error.ts'
import { type Counting, JournalTables } from './journal-tables.ts'
import type { Mark } from './mark-file.ts'
import type { OutboxLimits } from './outbox-bound.ts'
import { type Remains, remainsOf, salvage } from './salvage.ts'

export interface OpeningOptions {
  readonly file: string
  readonly gateway: string
  readonly disk: Disk
  /** Site time, epoch ms; absent: that of the newest commit. */
  readonly now?: number
  readonly counting: Counting
  readonly limits?: OutboxLimits
  /** What the journal had given out at the least; null: not known. */
  readonly mark: Mark | null
}

/**
 * Opens a journal whatever its disk did to it: one that is damaged is set aside, and a new one goes on with what could be read; one that lost
 * its end begins a new epoch. Both are told in its first events.
 * @param damage what is damaged of it, where that is known already
 * @throws JournalError, see `openJournalDatabase`; `foreign` where it is another gateway's
 */
export function openJournal(options: OpeningOptions, damage: string | null): JournalTables {
  const { file, disk } = options
  try {
    // A replacement that was cut short between its two renames.
    if (!disk.exists(file) && disk.exists(freshName(file))) disk.setAside(freshName(file), file)
    const found = damage ?? damageOf(file, disk)
    if (found !== null) replaceDamaged(options, found)
    const tables = openTables(options, file)
    compareWithMark(tables, options)
    return tables
  } catch (cause) {
    if (cause instanceof JournalError) throw cause
    throw new JournalError('unreadable', `expected a journal at ${file}, got "${(cause as Error).message}"`, { cause })
  }
}

const freshName = (file: string) => `${file}.new`

function openTables({ gateway, disk, counting, limits }: OpeningOptions, file: string): JournalTables {
  const db = openJournalDatabase(file, disk)
  try {
    const tables = new JournalTables(db, gateway, counting, limits)
    tables.requireOwner(file)
    return tables
  } catch (error) {
    db.close()
    throw error
  }
}

/** The new one is made whole beside the old one first: a power cut at any moment leaves either. */
function replaceDamaged(options: OpeningOptions, what: string): void {
  const { file, disk, counting } = options
  const fresh = freshName(file)
  const aside = asideName(options)
  disk.remove(fresh)
  const tables = openTables(options, fresh)
  try {
    fill(tables, options, { what, aside })
  } finally {
    tables.close()
  }
  disk.setAside(file, aside)
  disk.setAside(fresh, file)
  counting.renewals += 1
}

function fill(tables: JournalTables, options: OpeningOptions, damage: { readonly what: string; readonly aside: string }): void {
  const { file, disk, now = 0 } = options
  let old: ReturnType<Disk['open']> | null = null
  try {
    old = disk.open(file, 'read')
  } catch (error) {
    if (damageBy(error) === null) throw error
  }
  try {
    // Also of one that is shorter than it says; it is opened for reading, so that nothing of it can change.
    old?.unsafeMode(true)
    old?.pragma('writable_schema = ON')
    const remains = old ? remainsOf(old) : { epoch: null, issued: null }
    tables.transaction(() => {
      const { epoch, issued } = knownOf(remains, options.mark)
      if (epoch !== null) tables.setMeta('previous', epoch)
      // Kept free: it is told first, and says what came along.
      const first = tables.counts.give('event')
      tables.tellDamaged(damage, now)
      const carried = old ? salvage(old, tables) : {}
      tables.tellRenewed({ previous: epoch, why: `the journal was damaged: ${damage.what}`, issued, carried }, now, first)
    })
  } finally {
    old?.close()
  }
}

/** What is known of the epoch before, of the file or of its mark, whichever knows more. */
function knownOf({ epoch, issued }: Remains, mark: Mark | null): Remains {
  if (mark === null || (epoch !== null && epoch !== mark.epoch)) return { epoch, issued }
  const most = (lane: Lane) => Math.max(issued?.[lane] ?? 0, mark.issued[lane])
  return { epoch: mark.epoch, issued: { alarm: most('alarm'), event: most('event'), reading: most('reading') } }
}

/** Never overwrites what was set aside before. */
function asideName({ file, disk, now = 0 }: OpeningOptions): string {
  const name = `${file}.damaged-${new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`
  for (let count = 1; ; count++) {
    const free = count === 1 ? name : `${name}-${count}`
    if (!disk.exists(free)) return free
  }
}

/** Numbers that were given out are never given again. */
function compareWithMark(tables: JournalTables, { mark, disk, now = tables.newestAt }: OpeningOptions): void {
  // Begun anew, and the mark not written since.
  if (mark === null || tables.previous === mark.epoch) return
  const lanes = tables.lanes()
  const issued = { alarm: lanes.alarm.issued, event: lanes.event.issued, reading: lanes.reading.issued }
  if (mark.epoch === tables.epoch) {
    const behind = LANES.filter((lane) => issued[lane] < mark.issued[lane])
    if (behind.length === 0) return
    const why = `the journal had given out ${behind.map((lane) => `${lane} ${mark.issued[lane]}`)} and says ${behind.map((lane) => issued[lane])}: the end of its log is gone, or an older copy was put in its place`
    tables.renew(disk.newEpoch(), { previous: mark.epoch, why, issued: knownOf({ epoch: mark.epoch, issued }, mark).issued }, now)
    return
  }
  const lost = { previous: mark.epoch, why: 'the journal that gave out these numbers is gone', issued: mark.issued }
  if (LANES.some((lane) => issued[lane] > 0)) {
    const why = 'another journal was put in the place of the one that its mark knows'
    tables.renew(disk.newEpoch(), { previous: tables.epoch, why, issued }, now)
  }
  tables.transaction(() => {
    tables.setMeta('previous', mark.epoch)
    tables.tellRenewed(lost, now)
  })
}
