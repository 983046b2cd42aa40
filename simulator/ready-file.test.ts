import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { writeReadyFile } from './ready-file.ts'

test('the file is replaced whole, and nothing else is left behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ready-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'ready.json')
  writeFileSync(file, 'of the last run')
  const ready = {
    addresses: [{ device: 'D', url: 'tcp://127.0.0.1:1', unit: 1 }],
    clock: { start: 0, since: 0, speed: 720 },
    pid: 42,
  }
  await writeReadyFile(file, ready)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(ready)
  expect(readdirSync(folder)).toEqual(['ready.json'])
})
