import type { CustomSeriesOption, LineSeriesOption, ScatterSeriesOption } from 'echarts/charts'
import type { GridComponentOption } from 'echarts/components'
import type { ComposeOption } from 'echarts/core'
import { spread } from './axis.ts'
import { type ChartColours, LABEL_LEAD_PX, layout, levelScale, type Picture, rainScale } from './picture.ts'

export type ChartOption = ComposeOption<CustomSeriesOption | LineSeriesOption | ScatterSeriesOption | GridComponentOption>
type RenderItem = NonNullable<CustomSeriesOption['renderItem']>

const FONT_PX = 12
const LABEL_PX = 14
const LABEL_HEIGHT = 20

/** The picture as ECharts takes it. Pure: the same picture in the same size gives the same option. */
export function chartOption(picture: Picture, colours: ChartColours, width: number, height: number): ChartOption {
  const place = layout(width, height, picture)
  const grids: GridComponentOption[] = []
  const xAxis: object[] = []
  const yAxis: object[] = []
  const series: (CustomSeriesOption | LineSeriesOption | ScatterSeriesOption)[] = []
  const side = { left: place.left, right: place.right }
  const words = { color: colours['ink-soft'], fontSize: FONT_PX }

  const strip = (top: number, stripHeight: number, x: object, y: object) => {
    const index = grids.length
    grids.push({ ...side, top, height: stripHeight })
    xAxis.push({ type: 'value', gridIndex: index, min: picture.from, max: picture.to, splitLine: { show: false }, ...x })
    yAxis.push({
      type: 'value',
      gridIndex: index,
      axisLabel: words,
      nameTextStyle: { ...words, align: 'right' },
      splitLine: { lineStyle: { color: colours.line } },
      ...y,
    })
    return { xAxisIndex: index, yAxisIndex: index, silent: true, animation: false }
  }
  const line = { lineStyle: { color: colours['line-strong'] } }

  if (picture.rain) {
    const scale = rainScale(picture.rain.strip)
    const onStrip = strip(
      place.rainTop,
      place.rainHeight,
      { position: 'top', axisLabel: { show: false }, axisTick: { show: false }, axisLine: { ...line, onZero: false } },
      {
        inverse: true,
        min: 0,
        max: scale.max,
        interval: scale.step,
        name: picture.rain.unit,
        nameLocation: 'start',
        nameGap: 10,
      },
    )
    series.push(...rainSeries(picture, colours, onStrip, scale.max))
  }
  if (picture.level) {
    const scale = levelScale(picture.level)
    const onStrip = strip(
      place.levelTop,
      place.levelHeight,
      { axisLabel: { show: false }, axisTick: { show: false }, axisLine: { ...line, onZero: false } },
      { min: scale.min, max: scale.max, interval: scale.step, name: picture.level.unit, nameLocation: 'end', nameGap: 10 },
    )
    series.push(...levelSeries(picture.level, colours, onStrip, picture, place.levelTop, place.levelHeight))
  }
  const last = xAxis.length - 1
  const times = new Map(picture.ticks.map(({ at, label }) => [at, label]))
  const customValues = [...times.keys()]
  xAxis[last] = {
    ...xAxis[last],
    axisTick: { show: true, customValues, ...line },
    axisLabel: { ...words, customValues, hideOverlap: true, formatter: (at: number) => times.get(at) ?? '', show: true },
    ...(picture.level ? {} : { position: 'bottom' }),
  }
  return {
    animation: false,
    textStyle: { fontFamily: 'system-ui, "Noto Sans SC", "Noto Sans CJK SC", sans-serif' },
    grid: grids,
    xAxis,
    yAxis,
    series,
  }
}

interface OnStrip {
  readonly xAxisIndex: number
  readonly yAxisIndex: number
  readonly silent: boolean
  readonly animation: boolean
}

/** A rectangle between two instants and two values. */
function box(api: Parameters<RenderItem>[1], from: number, to: number, low: number, high: number) {
  const [left = 0, top = 0] = api.coord([from, low])
  const [right = 0, bottom = 0] = api.coord([to, high])
  return { x: left, y: Math.min(top, bottom), width: right - left, height: Math.abs(bottom - top) }
}

function rainSeries({ rain, unknownLabel }: Picture, colours: ChartColours, onStrip: OnStrip, max: number): CustomSeriesOption[] {
  const bars = rain?.strip.bars ?? []
  const unknown = rain?.strip.unknown ?? []
  const drawUnknown: RenderItem = ({ dataIndex }, api) => {
    const run = unknown[dataIndex]
    if (!run) return null
    const shape = box(api, run.from, run.to, 0, max)
    const style = { fill: colours.raised, stroke: colours['line-strong'], lineDash: [3, 3], lineWidth: 1 }
    const label = {
      text: unknownLabel,
      x: shape.x + shape.width / 2,
      y: shape.y + shape.height / 2,
      fill: colours['ink-soft'],
      fontSize: FONT_PX,
      align: 'center',
      verticalAlign: 'middle',
    } as const
    const children = [{ type: 'rect', shape, style }, ...(shape.width > 64 ? [{ type: 'text', style: label }] : [])]
    return { type: 'group', children } as ReturnType<RenderItem>
  }
  const drawBar: RenderItem = ({ dataIndex }, api) => {
    const bar = bars[dataIndex]
    if (!bar || bar.sum <= 0) return null
    const shape = box(api, bar.from, bar.to, 0, bar.sum)
    const gap = Math.min(2, shape.width / 5)
    const inner = { ...shape, x: shape.x + gap / 2, width: shape.width - gap }
    const style = bar.isWhole ? { fill: colours.rain } : { fill: colours.ground, stroke: colours.rain, lineWidth: 1.5 }
    return { type: 'rect', shape: inner, style }
  }
  return [
    {
      type: 'custom',
      ...onStrip,
      renderItem: drawUnknown,
      clip: true,
      data: unknown.map(({ from, to }) => [from, to]),
      encode: { x: [0, 1] },
    },
    {
      type: 'custom',
      ...onStrip,
      renderItem: drawBar,
      clip: true,
      data: bars.map(({ from, to, sum }) => [from, to, sum]),
      encode: { x: [0, 1], y: 2 },
    },
  ]
}

function levelSeries(
  level: NonNullable<Picture['level']>,
  colours: ChartColours,
  onStrip: OnStrip,
  { from, to }: Picture,
  top: number,
  height: number,
): (CustomSeriesOption | LineSeriesOption | ScatterSeriesOption)[] {
  const { trace, limits } = level
  const scale = levelScale(level)
  const lineAt = limits.map(({ value }) => top + ((scale.max - value) / (scale.max - scale.min)) * height)
  const labelAt = spread(lineAt, LABEL_HEIGHT + 1, top, top + height)
  const drawLimit: RenderItem = ({ dataIndex }, api) => {
    const limit = limits[dataIndex]
    if (!limit) return null
    const [x1 = 0, y = 0] = api.coord([from, limit.value])
    const [x2 = 0] = api.coord([to, limit.value])
    const labelY = labelAt[dataIndex] ?? y
    const word = {
      text: limit.label,
      x: x2 + LABEL_LEAD_PX,
      y: labelY,
      fill: colours[`${limit.grade}-word`],
      backgroundColor: colours[limit.grade],
      padding: [2, 5],
      borderRadius: 2,
      fontSize: LABEL_PX,
      verticalAlign: 'middle',
    }
    const stroke = { stroke: colours[limit.grade], lineWidth: 1.5 }
    const children = [
      { type: 'line', shape: { x1, y1: y, x2, y2: y }, style: { ...stroke, lineDash: [6, 3] } },
      { type: 'line', shape: { x1: x2, y1: y, x2: x2 + LABEL_LEAD_PX, y2: labelY }, style: stroke },
      { type: 'text', style: word },
    ]
    return { type: 'group', children } as ReturnType<RenderItem>
  }
  const drawBand: RenderItem = ({ dataIndex }, api) => {
    const span = trace.band[dataIndex]
    if (!span || span.max === span.min) return null
    const [x = 0, y1 = 0] = api.coord([span.at, span.max])
    const [, y2 = 0] = api.coord([span.at, span.min])
    return { type: 'line', shape: { x1: x, y1, x2: x, y2 }, style: { stroke: colours['line-strong'], lineWidth: 2 } }
  }
  return [
    { type: 'custom', ...onStrip, renderItem: drawLimit, data: limits.map(({ value }) => [from, value]) },
    { type: 'custom', ...onStrip, renderItem: drawBand, clip: true, data: trace.band.map(({ at, max }) => [at, max]) },
    {
      type: 'line',
      ...onStrip,
      showSymbol: false,
      connectNulls: false,
      lineStyle: { color: colours.ink, width: 2 },
      data: trace.line.map(({ at, value }) => [at, value]),
    },
    {
      type: 'scatter',
      ...onStrip,
      symbol: 'circle',
      symbolSize: 9,
      clip: true,
      itemStyle: { color: colours.ground, borderColor: colours.ink, borderWidth: 1.5 },
      data: trace.suspect.map(({ at, value }) => [at, value]),
    },
    // A value alone between two gaps is no line: it still has to be seen.
    { type: 'scatter', ...onStrip, symbol: 'circle', symbolSize: 4, itemStyle: { color: colours.ink }, data: lonely(trace.line) },
  ]
}

function lonely(line: readonly { readonly at: number; readonly value: number | null }[]): [number, number][] {
  return line.flatMap(({ at, value }, index) => {
    const isAlone = (line[index - 1]?.value ?? null) === null && (line[index + 1]?.value ?? null) === null
    return value !== null && isAlone ? [[at, value]] : []
  })
}
