import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEmbeddedSeries } from './embedded-series.ts'
import type { SeriesRow } from './series.ts'
import { seriesStoreContract } from './series-contract.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'series-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
const nextFile = () => join(folder, `${files++}`, 'series.db')

seriesStoreContract('embedded', () => openEmbeddedSeries(nextFile()))

const row = (at: number, over: Partial<SeriesRow> = {}): SeriesRow => {
  return { device: 'd1', point: 'level', at, n: 0, value: 1, quality: 'good', received: at, hash: 'h', ...over }
}
const all = { device: 'd1', point: 'level', from: 0, to: 1e13, limit: 10 }

describe('the embedded series store', () => {
  test('is read beside its one writer, and only read', async () => {
    const file = nextFile()
    await expect(openEmbeddedSeries(file, { readonly: true })).rejects.toMatchObject({ code: 'missing' })
    await using writer = await openEmbeddedSeries(file)
    await expect(openEmbeddedSeries(file)).rejects.toMatchObject({ code: 'locked' })
    await using reader = await openEmbeddedSeries(file, { readonly: true })
    await writer.write([row(1000)])
    expect((await reader.range(all)).rows).toHaveLength(1)
    expect(await reader.count()).toBe(1)
    await expect(reader.write([row(2000)])).rejects.toMatchObject({ code: 'readonly' })
  })

  test('goes on where it was when it is opened again', async () => {
    const file = nextFile()
    {
      await using store = await openEmbeddedSeries(file)
      await store.write([row(1000)])
    }
    await using store = await openEmbeddedSeries(file)
    await store.write([row(1000), row(2000), row(1000, { point: 'rain' })])
    expect((await store.range(all)).rows.map(({ at }) => at)).toEqual([1000, 2000])
    expect(await store.count()).toBe(3)
  })

  test('remembers nothing of a write that failed', async () => {
    await using store = await openEmbeddedSeries(nextFile())
    // A hash that SQLite cannot bind fails in the middle of the transaction, after the first row's series and chunk were made.
    const broken = Object.assign(row(2000), { hash: Symbol('no') as never })
    await expect(store.write([row(1000), broken])).rejects.toThrow()
    expect(await store.count()).toBe(0)
    await store.write([row(1000)])
    expect((await store.range(all)).rows).toHaveLength(1)
  })

  test('refuses more rows than one write may have', async () => {
    await using store = await openEmbeddedSeries(nextFile())
    await expect(store.write(Array.from({ length: 10_001 }, (_, index) => row(index)))).rejects.toMatchObject({ code: 'invalid' })
  })
})
