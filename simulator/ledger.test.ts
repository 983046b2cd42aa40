import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BUFFER_CHARS_MAX, type LedgerLine, openLedger, readLedger } from './ledger.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ledger-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const line = (t: number): LedgerLine => ({ t, at: t * 720, device: 'D1', point: 'level', value: 3044 })

async function linesOf(file: string): Promise<LedgerLine[]> {
  const lines: LedgerLine[] = []
  for await (const next of readLedger(file)) lines.push(next)
  return lines
}

test('what was appended is read back in order, also after reopening', async () => {
  const file = join(folder, 'ledger.jsonl')
  const lines: LedgerLine[] = [
    line(1),
    { t: 2, at: 2, device: 'D1', served: 'silent' },
    { ...line(3), value: false },
    { ...line(4), value: null },
  ]
  {
    using ledger = openLedger(file)
    for (const next of lines.slice(0, 2)) ledger.append(next)
  }
  {
    using ledger = openLedger(file)
    for (const next of lines.slice(2)) ledger.append(next)
  }
  expect(await linesOf(file)).toEqual(lines)
})

test('a line reaches the file by itself, and a full buffer at once', async () => {
  const file = join(folder, 'ledger.jsonl')
  using ledger = openLedger(file)
  ledger.append(line(1))
  await expect.poll(() => readFileSync(file, 'utf8')).toBe(`${JSON.stringify(line(1))}\n`)
  const count = Math.ceil(BUFFER_CHARS_MAX / JSON.stringify(line(1)).length)
  for (let index = 0; index < count; index++) ledger.append(line(1))
  expect(readFileSync(file).length).toBeGreaterThan(BUFFER_CHARS_MAX)
})

test('a last line that was cut off is left out', async () => {
  const file = join(folder, 'ledger.jsonl')
  {
    using ledger = openLedger(file)
    ledger.append(line(1))
  }
  appendFileSync(file, '{"t":2,"at":')
  expect(await linesOf(file)).toEqual([line(1)])
})

test.each(['nonsense', '{"t":1}', `{"t":1,"at":1,"device":"D1","served":"never"}`])(
  'refuses the line %s, naming it',
  async (text) => {
    const file = join(folder, 'ledger.jsonl')
    appendFileSync(file, `${JSON.stringify(line(1))}\n${text}\n`)
    await expect(linesOf(file)).rejects.toMatchObject({ code: 'ledger', message: expect.stringContaining('ledger.jsonl:2: ') })
  },
)
