import { expect, test } from 'vitest'
import { decodePoint, imageOf, isModbusEntry, loadCatalogue, ModbusProfile, parseYaml } from '#devices'
import { buildImage } from './register-image.ts'

const profile = (points: string, hole = 0): ModbusProfile =>
  parseYaml(
    `title: T
kind: test
source: none
modbus: { defaults: { hole: ${hole} }, points: { ${points} } }
examples: [{ name: none, readings: { a: 1 } }]`,
    ModbusProfile,
    'test.yaml',
  ).value

test('every example of the catalogue comes back as the words it was given', () => {
  for (const { profile: model, name } of [...loadCatalogue().values()].filter(isModbusEntry)) {
    for (const example of model.examples) {
      const image = buildImage(model, new Map(Object.entries(example.readings).map(([point, value]) => [point, () => value])))
      const given = imageOf(example)
      for (const [pointName, value] of Object.entries(example.readings)) {
        const point = model.modbus.points[pointName]
        if (point === undefined || value === null || point.type === 'bit') continue
        const width = point.type.endsWith('64') ? 4 : point.type.endsWith('32') ? 2 : 1
        const read = image.read(point.table, point.address, width, 0)
        const expected = Array.from({ length: width }, (_, index) => given[point.table].get(point.address + index) ?? -1)
        expect(read?.points, `${name} ${pointName}`).toContainEqual({
          point: pointName,
          value: decodePoint(point, expected).value,
        })
      }
    }
  }
})

test('holes up to the profile’s limit read as 0, and what lies beyond is outside', () => {
  const image = buildImage(
    profile('a: { table: input, address: 10 }, b: { table: input, address: 13 }, c: { table: input, address: 17 }', 2),
    new Map(['a', 'b', 'c'].map((name) => [name, () => 7])),
  )
  expect(image.read('input', 10, 4, 0)?.words).toEqual([7, 0, 0, 7])
  expect(image.read('input', 17, 1, 0)?.words).toEqual([7])
  for (const [address, count] of [
    [9, 1],
    [13, 2],
    [13, 5],
    [17, 2],
  ] as const)
    expect(image.read('input', address, count, 0)).toBeUndefined()
  expect(image.read('holding', 10, 1, 0)).toBeUndefined()
})

test('a point counts as served only where all of its words were', () => {
  const image = buildImage(
    profile(
      'a: { table: holding, address: 0, type: u32 }, b: { table: holding, address: 2, type: i32, decimals: 1, scale: 0.1 }',
    ),
    new Map([
      ['a', () => 65_537],
      ['b', () => -0.1],
    ]),
  )
  expect(image.read('holding', 0, 4, 0)).toEqual({
    words: [1, 1, 0xffff, 0xffff],
    points: [
      { point: 'a', value: 65_537 },
      { point: 'b', value: -1 },
    ],
  })
  expect(image.read('holding', 1, 3, 0)?.points).toEqual([{ point: 'b', value: -1 }])
  expect(image.read('holding', 1, 2, 0)).toEqual({ words: [1, 0xffff], points: [] })
})

test('bits share a register', () => {
  const image = buildImage(
    profile('a: { table: input, address: 0, type: bit, bit: 3 }, b: { table: input, address: 0, type: bit, bit: 0 }'),
    new Map([
      ['a', () => true],
      ['b', () => true],
    ]),
  )
  expect(image.read('input', 0, 1, 0)).toEqual({
    words: [9],
    points: [
      { point: 'a', value: true },
      { point: 'b', value: true },
    ],
  })
})

test('a value is what the registers say, where they are coarser than the curve', () => {
  const image = buildImage(profile('a: { table: input, address: 0, scale: 0.5, decimals: 1 }'), new Map([['a', () => 1.7]]))
  expect(image.read('input', 0, 1, 0)).toEqual({ words: [3], points: [{ point: 'a', value: 15 }] })
})

test('a counter wraps as its registers do', () => {
  const image = buildImage(
    profile('a: { table: input, address: 0, scale: 0.5, decimals: 1, meaning: counter, wraps: 2000 }'),
    new Map([['a', (at) => 999.5 + at]]),
  )
  expect([0, 0.5, 1].map((at) => image.read('input', 0, 1, at)?.points[0]?.value)).toEqual([9995, 0, 5])
})
