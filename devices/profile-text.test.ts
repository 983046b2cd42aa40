import { expect, test } from 'vitest'
import { loadCatalogue } from './catalogue.ts'
import { listedProfile, listText, profileText, UNCONFIRMED } from './profile-text.ts'

const catalogue = loadCatalogue()
const entry = (name: string) => {
  const found = catalogue.get(name)
  if (found === undefined) throw new Error(`expected ${name} in the catalogue`)
  return found
}

test('a list has a line a model, and says which are unconfirmed', () => {
  const lines = listText([entry('rain-gauge/acme-rg-1'), entry('scale/yaohua-xk3190')]).split('\n')
  expect(lines).toEqual([
    'rain-gauge/acme-rg-1  modbus  Acme RG-1 tipping-bucket rain gauge (0.5 mm)',
    'scale/yaohua-xk3190   xk3190  Yaohua XK3190 weighing indicators, continuous output (unconfirmed)',
  ])
  expect(listText([])).toBe('')
})

test('a list for a program names kind, protocol and version', () => {
  const listed = listedProfile(entry('scale/yaohua-xk3190'))
  expect(listed).toMatchObject({ name: 'scale/yaohua-xk3190', kind: 'scale', protocol: 'xk3190', unconfirmed: true })
  expect(listed.hash).toBe(entry('scale/yaohua-xk3190').hash)
  expect(listedProfile(entry('rain-gauge/acme-rg-1'))).toMatchObject({ protocol: 'modbus', unconfirmed: false })
})

test('a model read by Modbus shows where each point is, and what it comes to', () => {
  const text = profileText(entry('rain-gauge/acme-rg-1'))
  expect(text).toMatch(/^rain_total {2}mm {4}counter {2}input 0 u32 ABCD × 0\.5 {2}5m$/m)
  expect(text).toMatch(/^baud {6}9600$/m)
  expect(text).toContain('after one millimetre: rain_total 1, battery 12.62')
  expect(text).not.toContain(UNCONFIRMED)
  expect(profileText(entry('level-sensor/acme-lv-4'))).toMatch(/^fault +state {2}discrete 0 bit +5m$/m)
})

test('offsets, bits, word orders, a wake and the points that judge are shown', () => {
  const { profile, ...place } = entry('rain-gauge/acme-rg-1')
  if (!('modbus' in profile)) throw new Error('expected a model read by Modbus')
  const point = profile.modbus.points.battery
  if (point === undefined) throw new Error('expected a point')
  const points = {
    cold: { ...point, scale: 1, offset: -100, status: [{ point: 'door', bad: [true] }] },
    warm: { ...point, scale: 1, offset: 5 },
    door: { ...point, scale: 1, type: 'bit' as const, bit: 3 },
    float: { ...point, scale: 1, type: 'f32' as const, words: 'CDAB' as const },
  }
  const wake = { send: 'write-none', table: 'holding', address: 7168, delay: '3s' } as const
  const text = profileText({ ...place, profile: { ...profile, modbus: { ...profile.modbus, wake, points } } })
  expect(text).toContain('input 10 u16 − 100 judged by door')
  expect(text).toContain('input 10 u16 + 5')
  expect(text).toContain('input 10 bit 3')
  expect(text).toContain('input 10 f32 CDAB')
  expect(text).toMatch(/^wake +send write-none, table holding, address 7168, delay 3s$/m)
})

test('a station shows its elements', () => {
  const { profile, ...place } = entry('station/sl651-reservoir')
  expect(profileText({ profile, ...place })).toMatch(/^level +m +gauge +element 3B +1h$/m)
  expect(profileText({ profile, ...place })).toContain(UNCONFIRMED)
  if (!('sl651' in profile)) throw new Error('expected a station')
  const bit = { element: '45', bit: 7, decimals: 0, unit: '', meaning: 'state', every: '1d' } as const
  const text = profileText({ ...place, profile: { ...profile, sl651: { class: 'K', points: { bit } } } })
  expect(text).toContain('element 45, bit 7')
})

test('another model shows its facts and its examples, control characters written out', () => {
  const text = profileText(entry('scale/toledo-8217'))
  expect(text).toMatch(/^line +baud 9600, dataBits 7, parity even, stopBits 1$/m)
  expect(text).toMatch(/^ask +W$/m)
  expect(text).toContain('a weight at rest: "\\u000212.345\\r" → value 12.345, stable true')
  expect(text).not.toMatch(/[^\n\P{Cc}]/u)
  expect(profileText(entry('scale/generic-usb-hid'))).toMatch(/^usb +vendor 2338; vendor 5190$/m)
})
