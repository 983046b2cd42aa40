import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSeries, type SeriesSetting } from './open-series.ts'

const log = pino({ level: 'silent' })
let data: string
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'open-series-'))
})
afterEach(() => rmSync(data, { recursive: true }))

const settings: SeriesSetting[] = [{ kind: 'embedded' }, { kind: 'influx', url: 'http://127.0.0.1:9', database: 'x' }]

test.each(settings)('a series store has one writer, and the next one after it closed: $kind', async (setting) => {
  {
    await using _ = await openSeries(setting, { data, log })
    await expect(openSeries(setting, { data, log })).rejects.toMatchObject({ code: 'locked' })
    await using __ = await openSeries(setting, { data, readonly: true, log })
  }
  await using _ = await openSeries(setting, { data, log })
})
