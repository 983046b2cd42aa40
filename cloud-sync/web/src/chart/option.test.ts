import { describe, expect, test } from 'vitest'
import { chartOption } from './option.ts'
import { CHART_TOKENS, type ChartColours, layout, type Picture } from './picture.ts'

const colours = Object.fromEntries(CHART_TOKENS.map((token) => [token, `rgb(${token.length}, 0, 0)`])) as ChartColours
const rain = { unit: 'mm', strip: { bars: [{ from: 0, to: 10, sum: 3, isWhole: true }], unknown: [{ from: 10, to: 20 }] } }
const level = {
  unit: 'm',
  trace: {
    line: [
      { at: 0, value: 30 },
      { at: 5, value: null },
      { at: 10, value: 31 },
    ],
    suspect: [{ at: 4, value: 33, reason: 'step' }],
    band: [],
  },
  limits: [{ value: 35, grade: 'red' as const, label: 'Red 35.00' }],
}
const picture: Picture = { from: 0, to: 20, ticks: [{ at: 10, label: '08:00' }], rain, level, unknownLabel: 'No data' }
const series = (option: ReturnType<typeof chartOption>) => [option.series].flat()

describe('the chart', () => {
  test('hangs rain from the top and lays the level below it on the same times', () => {
    const option = chartOption(picture, colours, 800, 400)
    expect(option.yAxis).toMatchObject([{ inverse: true, min: 0 }, { min: expect.any(Number) }])
    expect(option.xAxis).toMatchObject([
      { min: 0, max: 20 },
      { min: 0, max: 20 },
    ])
    const { rainTop, rainHeight, levelTop } = layout(800, 400, picture)
    expect(levelTop).toBeGreaterThan(rainTop + rainHeight)
  })

  test('leaves a gap a gap and draws suspect points hollow', () => {
    const [line] = series(chartOption(picture, colours, 800, 400)).filter((one) => one?.type === 'line')
    expect(line).toMatchObject({
      connectNulls: false,
      data: [
        [0, 30],
        [5, null],
        [10, 31],
      ],
    })
    const [suspect] = series(chartOption(picture, colours, 800, 400)).filter((one) => one?.type === 'scatter')
    expect(suspect).toMatchObject({ itemStyle: { color: colours.ground, borderColor: colours.ink }, data: [[4, 33]] })
  })

  test('holds its limits on the axis and keeps room for their labels', () => {
    const option = chartOption(picture, colours, 800, 400)
    expect(option.yAxis).toMatchObject([{}, { max: expect.any(Number) }])
    expect(layout(800, 400, picture).right).toBeGreaterThan(layout(800, 400, { rain, level: { ...level, limits: [] } }).right)
  })

  test('gives all the room to the one series that there is', () => {
    expect([chartOption({ ...picture, rain: null }, colours, 800, 400).grid].flat()).toHaveLength(1)
    expect(layout(800, 400, { rain, level: null }).rainHeight).toBeGreaterThan(300)
  })
})
