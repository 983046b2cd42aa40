import { expect, test } from 'vitest'
import type { Sl651Profile } from '#devices'
import { decodeMessage, encodeMessage, type MessageInput, stationTimeText } from '#protocols/sl651'
import { deviceTime } from './device-time.ts'
import { sl651Readings } from './sl651-readings.ts'

const NOW = Date.UTC(2026, 6, 1, 4)
const MIN = 60_000
const HOUR = 60 * MIN
const AT = stationTimeText(NOW - HOUR).slice(0, 10)

type Points = Sl651Profile['sl651']['points']
const point = (fields: Partial<Points[string]>): Points[string] => ({
  ...{ element: '39', decimals: 0, unit: '', meaning: 'gauge', every: '1h' },
  ...fields,
})

/** What is read of a message that went over the wire, arrived `lateMs` after it says it was sent. */
function read(points: Points, fields: Partial<MessageInput>, lateMs = 0) {
  const message = decodeMessage(
    encodeMessage({
      ...{ direction: 'up', centre: 1, station: '0012345678', password: '0000', function: '34', end: 'ETX', serial: 1 },
      ...{ sendTime: stationTimeText(NOW), bodyStation: '0012345678', class: 'P' },
      ...fields,
    }),
  )
  return sl651Readings('D', points, message, message.elements ?? [], deviceTime(NOW, NOW + lateMs))
}

test('twelve five-minute values of rain and of stage become twelve readings, none where there is none', () => {
  const values = [0, 0.5, null, 25.4, 0, 0, 0, 0, 0, 0, 0, 1.2]
  const readings = read(
    { rain: point({ element: 'F4', decimals: 1 }), stage: point({ element: 'F5', decimals: 2 }) },
    {
      elements: [
        { id: 'F4', def: '60', values, at: AT },
        { id: 'F5', def: 'C0', values: values.map((value) => value && 3.21), at: AT },
      ],
    },
  )
  expect(readings).toHaveLength(24)
  expect(readings.slice(0, 4)).toEqual([
    { device: 'D', point: 'rain', at: NOW - HOUR, value: 0, quality: 'good' },
    { device: 'D', point: 'rain', at: NOW - HOUR + 5 * MIN, value: 5, quality: 'good' },
    { device: 'D', point: 'rain', at: NOW - HOUR + 10 * MIN, value: null, quality: 'bad', reason: 'sentinel' },
    { device: 'D', point: 'rain', at: NOW - HOUR + 15 * MIN, value: 254, quality: 'good' },
  ])
  expect(readings.at(-1)).toMatchObject({ point: 'stage', at: NOW - 5 * MIN, value: 321 })
})

test.each([
  ['000015', 15 * MIN],
  ['000200', 2 * HOUR],
  ['010000', 24 * HOUR],
])('a uniform series of step %s has its times', (timeStep, stepMs) => {
  const at = stationTimeText(NOW - 3 * stepMs).slice(0, 10)
  const readings = read(
    { total: point({ element: '26', decimals: 1 }) },
    {
      ...{ function: '31', timeStep },
      elements: [{ id: '26', def: '19', values: [1, 1.5, 2], at }],
    },
  )
  expect(readings.map(({ at: when, value }) => [NOW - when, value])).toEqual([
    [3 * stepMs, 10],
    [2 * stepMs, 15],
    [stepMs, 20],
  ])
})

test('bits of the status word become states, of HEX and of ASCII frames', () => {
  const points = { mains: point({ element: '45', bit: 0 }), door: point({ element: '45', bit: 7 }) }
  const said = (encoding: 'hex' | 'ascii') =>
    read(points, { encoding, elements: [{ id: '45', hex: '00000080', at: AT, ...(encoding === 'hex' && { def: '20' }) }] })
  for (const encoding of ['hex', 'ascii'] as const)
    expect(said(encoding).map(({ point: name, value }) => [name, value])).toEqual([
      ['mains', false],
      ['door', true],
    ])
})

test('decimals of a frame that are others than the point’s are rescaled, or are malformed where digits would be lost', () => {
  const elements = [{ id: '39', def: '22', value: 31.25, at: AT }]
  const values = [0, 1, 2, 3].map((decimals) => read({ level: point({ decimals }) }, { elements })[0])
  expect(values.map((reading) => [reading?.value, reading?.reason])).toEqual([
    [null, 'malformed'],
    [null, 'malformed'],
    [3125, undefined],
    [31250, undefined],
  ])
})

test('digits that are none are malformed, and several points may read one element', () => {
  const points = { level: point({ decimals: 2 }), again: point({ decimals: 2 }) }
  const readings = read(points, { elements: [{ id: '39', def: '22', hex: '00AB12CD', at: AT }] })
  expect(readings.map(({ point: name, value, reason }) => [name, value, reason])).toEqual([
    ['level', null, 'malformed'],
    ['again', null, 'malformed'],
  ])
})

test('an element without an observation time was observed when it was sent', () => {
  expect(read({ level: point({ decimals: 2 }) }, { elements: [{ id: '39', def: '22', value: 1 }] })[0]).toMatchObject({ at: NOW })
})

test('a report that arrives hours after it was sent is kept with its time, as suspect', () => {
  const [reading] = read({ level: point({ decimals: 2 }) }, { elements: [{ id: '39', def: '22', value: 1, at: AT }] }, 8 * HOUR)
  expect(reading).toMatchObject({ at: NOW - HOUR, value: 100, quality: 'suspect', reason: 'clock' })
})
