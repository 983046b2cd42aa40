import { stub } from 'sinon'
import { expect, test } from 'vitest'
import { benches } from './index.ts'
import { protocols } from './protocols.ts'

test('the benchmark of the protocols prints every figure, each with its goal or its peer', async () => {
  const table = stub(console, 'table')
  const log = stub(console, 'log')
  let said: string
  try {
    await protocols({ cli: '', json: true }, new AbortController().signal, { roundMs: 2, rounds: 1 })
    said = String(log.lastCall.args[0])
    expect(table.callCount).toBe(1)
  } finally {
    table.restore()
    log.restore()
  }
  const { bench, figures } = JSON.parse(said)
  expect(bench).toBe('protocols')
  expect(figures.map(({ what, unit }: { what: string; unit: string }) => `${what} (${unit})`)).toEqual([
    'SL 651 hourly reports, decoded and encoded again (frames/s)',
    'Modbus RTU responses of 100 registers, bytes to words (responses/s)',
    'splitter modbus-rtu, frames of 205 bytes (MB/s)',
    'splitter modbus-tcp, frames of 209 bytes (MB/s)',
    expect.stringMatching(/^splitter sl651, frames of [2-9]\d\d bytes \(MB\/s\)$/),
    'splitter modbus-rtu, frames of 7 bytes (frames/s)',
    'splitter modbus-tcp, frames of 11 bytes (frames/s)',
    'splitter sl651, frames of 25 bytes (frames/s)',
    'splitter mt-sics, frames of 19 bytes (frames/s)',
    'modbus-serial: the same responses, already cut into frames (responses/s)',
    'Modbus responses here / modbus-serial (×)',
    'receipts of 80 mm, job to ESC/POS (receipts/s)',
    'receipt-printer-encoder: the same receipt (receipts/s)',
    'receipts here / receipt-printer-encoder (×)',
  ])
  for (const { value } of figures) expect(value).toBeGreaterThan(0)
})

test('a stop ends it without figures', async () => {
  const table = stub(console, 'table')
  try {
    await protocols({ cli: '', json: true }, AbortSignal.abort(), { roundMs: 2, rounds: 1 })
    expect(table.callCount).toBe(0)
  } finally {
    table.restore()
  }
})

test('the front door finds it by its name', () => {
  expect(benches.protocols).toBe(protocols)
})
