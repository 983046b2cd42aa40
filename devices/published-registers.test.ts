import { expect, test } from 'vitest'
import { bytesOf, type Vector, vectorsOf } from '#protocols/proof'
import { loadCatalogue } from './catalogue.ts'
import { decodePoint, pointWidth } from './modbus-point.ts'

// What makers and users of real devices have published is read here by the models of those devices.
const catalogue = loadCatalogue()

/** Published names of quantities, as the models call them. */
const QUANTITIES: Readonly<Record<string, string>> = {
  temp_c: 'soil_temperature',
  vwc_pct: 'soil_moisture',
  moisture_pct: 'soil_moisture',
  ec: 'soil_conductivity',
  ec_us_cm: 'soil_conductivity',
  ph: 'soil_ph',
  precip_mm: 'rain_total_tenths',
}

/** Models by the first words of the published names. */
const MODELS: Readonly<Record<string, readonly string[]>> = {
  'Lambrecht rain[e]': ['rain-gauge/lambrecht-rain-e'],
  'Sonbus XM9505': ['rain-gauge/sonbus-xm9505'],
  'Soil 4-in-1': ['soil-sensor/dfrobot-sen0604', 'soil-sensor/renke-sn-3002'],
  'Yosemitech: read temp+parameter': [
    'water-quality/yosemitech-y504',
    'water-quality/yosemitech-y510',
    'water-quality/yosemitech-y514',
    'water-quality/yosemitech-y520',
  ],
  SMT100: ['soil-sensor/truebner-smt100'],
  'Seeed S-Soil': ['soil-sensor/seeed-s-soil-mtec-02'],
}

function pointsOf(model: string) {
  const profile = catalogue.get(model)?.profile
  if (profile === undefined || !('modbus' in profile)) throw new Error(`no Modbus model ${model}`)
  return profile.modbus.points
}

const published = Object.entries(MODELS).flatMap(([start, models]) =>
  [...vectorsOf('modbus-rtu'), ...vectorsOf('modbus-value')]
    .filter(({ name }) => name.startsWith(start))
    .flatMap((vector) => models.map((model) => ({ title: `${vector.name}, by ${model}`, model, vector }))),
)
const isRequest = ({ args }: Vector) => args?.includes('request') === true

test('every model named here has something published', () => {
  for (const models of Object.values(MODELS))
    for (const model of models)
      expect(
        published.some((entry) => entry.model === model),
        model,
      ).toBe(true)
})

test.each(published.filter(({ vector }) => isRequest(vector)))('$title: reads those registers', ({ model, vector }) => {
  const [, code, ...rest] = bytesOf(vector)
  const [address = 0, count = 0] = wordsOf(rest)
  const held = Object.values(pointsOf(model))
    .filter(({ table }) => table === (code === 4 ? 'input' : 'holding'))
    .flatMap((point) => Array.from({ length: pointWidth(point) }, (_, index) => point.address + index))
  expect(held).toEqual(expect.arrayContaining(Array.from({ length: count }, (_, index) => address + index)))
})

test.each(published.filter(({ vector }) => !isRequest(vector)))('$title: says what was published', ({ model, vector }) => {
  const bytes = [...bytesOf(vector)]
  const points = pointsOf(model)
  // An answer begins at the model's lowest register of these quantities; a single word is the register of its own.
  const words = vector.protocol === 'modbus-rtu' ? wordsOf(bytes.slice(3, -2)) : wordsOf(bytes)
  const told = Object.entries(vector.facts ?? {}).flatMap(([fact, value]) => {
    const point = points[QUANTITIES[fact] ?? '']
    return point === undefined ? [] : [{ fact, value, point }]
  })
  expect(told).not.toHaveLength(0)
  const first = Math.min(...told.map(({ point }) => point.address))
  for (const { fact, value, point } of told) {
    const { value: count, quality } = decodePoint(point, words.slice(point.address - first))
    expect([fact, Number(count) / 10 ** point.decimals, quality]).toEqual([fact, value, 'good'])
  }
})

function wordsOf(bytes: readonly number[]): number[] {
  return Array.from(
    { length: Math.floor(bytes.length / 2) },
    (_, index) => (bytes[2 * index] ?? 0) * 256 + (bytes[2 * index + 1] ?? 0),
  )
}
