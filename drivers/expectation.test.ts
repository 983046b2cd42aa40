import { expect, test } from 'vitest'
import { describeDifference, Expectation } from './expectation.ts'

const AT = Date.UTC(2026, 6, 1)
const level = { device: 'Z', point: 'level', at: AT, value: 3662, quality: 'good' }

test('a line names only what matters', () => {
  const expectation = new Expectation('{"point":"level","value":3662}\n\n{"value":null}\n', 'a')
  expect(expectation.take(level)).toBe(true)
  expect(expectation.take({ ...level, value: null })).toBe(true)
  expect(expectation.end()).toBeUndefined()
})

test('the first difference is told with time, point, what was expected and what came', () => {
  const expectation = new Expectation(`${JSON.stringify(level)}\n${JSON.stringify(level)}\n`, 'a')
  expect(expectation.take(level)).toBe(true)
  expect(expectation.take({ ...level, value: 3670 })).toBe(false)
  expect(expectation.take(level)).toBe(false)
  const difference = expectation.end()
  expect(difference && describeDifference(difference)).toBe(
    'line 2: expected level at 2026-07-01T00:00:00.000Z {"device":"Z","value":3662,"quality":"good"}, got level at 2026-07-01T00:00:00.000Z {"device":"Z","value":3670,"quality":"good"}',
  )
})

test('too little and too much are differences', () => {
  const little = new Expectation('{"kind":"device.online"}\n', 'a').end()
  expect(little && describeDifference(little)).toBe('line 1: expected {"kind":"device.online"}, got nothing more')
  const much = new Expectation('', 'a')
  much.take({ kind: 'device.online' })
  const difference = much.end()
  expect(difference && describeDifference(difference)).toBe('line 1: expected nothing more, got {"kind":"device.online"}')
})

test.each(['nonsense', '[1]', 'null'])('%s is no reading', (line) => {
  expect(() => new Expectation(`{}\n${line}\n`, 'a')).toThrow(`a:2:1: expected a JSON object, got "${line}"`)
})
