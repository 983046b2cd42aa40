import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { manualClock } from '#devices'
import { processTimers } from '#devices/time'
import { InlineJournal, Journal, JournalFile, realDisk, type VersionedReading } from '#gateway/journal'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-journal-'))
  file = join(folder, 'journal.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

const reading = (at: number): VersionedReading => ({
  device: 'd',
  point: 'p',
  hash: '00112233445566aa',
  at,
  value: at,
  quality: 'good',
})
const openInline = async () => {
  const opened: InlineJournal[] = []
  const journal = await Journal.open({
    file,
    gateway: 'g',
    clock: manualClock(0),
    log: pino({ enabled: false }),
    boot: 'b1',
    openStore: async (options) => {
      const store = await InlineJournal.open({ ...options, disk: realDisk, timers: processTimers })
      opened.push(store)
      return store
    },
  })
  const [store] = opened
  if (!store) throw new Error('expected a store')
  return { journal, store }
}

test('a journal runs in this thread as it does in its own', async () => {
  const { journal } = await openInline()
  await journal.add([reading(1)])
  await journal.add([reading(2)])
  await journal.flush()
  expect(journal).toMatchObject({ boot: 'b1', lanes: { reading: { issued: 2, waiting: 2 } } })
  const batch = await journal.next('reading', 0)
  expect(batch).toMatchObject({ first: 1, last: 2 })
  await journal[Symbol.asyncDispose]()
  await expect(journal.add([reading(3)])).rejects.toMatchObject({ code: 'closed' })
  using again = new JournalFile({ file, gateway: 'g' })
  expect(again.lanes().reading.waiting).toBe(2)
})

test('a journal that is killed in this thread writes nothing more and answers nobody', async () => {
  const { journal, store } = await openInline()
  await journal.add([reading(1)])
  await journal.flush()
  await journal.add([reading(2)])
  const flushed = journal.flush()
  store.crash()
  await expect(flushed).rejects.toMatchObject({ code: 'ended' })
  expect(journal.lanes.reading.issued).toBe(1)
  expect(journal.ended.aborted).toBe(true)
})
