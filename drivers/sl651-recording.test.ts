import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { expect, test, vi } from 'vitest'
import { wallClock } from '#devices'
import { CallingSite } from './calling-site.ts'
import { isReading, type Report } from './driver.ts'
import { open } from './sl651.ts'

/**
 * When the station called: one second after the time that it says itself. Its frame is one that a field project published; the answers are what the
 * standard asks for, their CRC reckoned apart.
 */
const THEN = Date.UTC(2020, 6, 24, 9, 23, 50)

interface Line {
  readonly rx?: string
  readonly tx?: string
}

test('a station from the field, its frame cut in two and said again, is answered byte for byte and kept once', async () => {
  const text = readFileSync(new URL('./fixtures/sl651-field-station.jsonl', import.meta.url), 'utf8')
  const lines = text
    .trim()
    .split('\n')
    .map((line): Line => JSON.parse(line))
  await using site = await CallingSite.open('sl651', { ...wallClock(), now: () => THEN })
  const items: Report[number][] = []
  const device = site.device('field', 'station/sl651-river', { address: '0010100001', mode: 'M2' })
  const { driver } = await site.run(open, device, async (report) => void items.push(...report))
  await vi.waitFor(() => expect(site.logged).toContain('stations may call'), { timeout: 20_000, interval: 5 })

  const socket = connect({ host: '127.0.0.1', port: site.port, noDelay: true })
  await once(socket, 'connect')
  for (const { rx, tx } of lines) {
    if (rx !== undefined) socket.write(Buffer.from(rx, 'hex'))
    if (tx === undefined) continue
    const [answer] = await once(socket, 'data')
    expect(Buffer.from(answer).toString('hex').toUpperCase()).toBe(tx)
  }
  socket.destroy()

  const at = THEN - 50_000
  expect(items.filter(isReading)).toEqual([
    { device: 'field', point: 'rain_current', at, value: 130, quality: 'good' },
    { device: 'field', point: 'level', at, value: 550, quality: 'good' },
    { device: 'field', point: 'battery', at, value: 1268, quality: 'good' },
  ])
  // The rain of five minutes, which this model has no point for.
  expect(driver.counts).toMatchObject({ reports: 1, unmapped: 1 })
})
