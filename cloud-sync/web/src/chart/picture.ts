import type { Grade } from '../api/views.ts'
import { roundStep, type Scale, scaleAround, scaleFromZero } from './axis.ts'
import type { RainStrip, Trace } from './trace.ts'

/** A limit as a line across the level, labelled at its right end. */
export interface Limit {
  readonly value: number
  readonly grade: Grade
  readonly label: string
}

/** Colours by token name, as a canvas takes them. */
export const CHART_TOKENS = [
  'ground',
  'raised',
  'ink',
  'ink-soft',
  'line',
  'line-strong',
  'rain',
  'blue',
  'blue-word',
  'yellow',
  'yellow-word',
  'orange',
  'orange-word',
  'red',
  'red-word',
] as const
export type ChartColours = Record<(typeof CHART_TOKENS)[number], string>

/** All that a chart shows, in units and words; nothing else is needed to draw it. Times in epoch ms. */
export interface Picture {
  readonly from: number
  readonly to: number
  readonly ticks: readonly { readonly at: number; readonly label: string }[]
  /** Values in the unit. */
  readonly rain: { readonly strip: RainStrip; readonly unit: string } | null
  readonly level: { readonly trace: Trace; readonly unit: string; readonly limits: readonly Limit[] } | null
  readonly unknownLabel: string
}

/** Where the two strips lie, in px from the top left. */
export interface Layout {
  readonly left: number
  readonly right: number
  readonly rainTop: number
  readonly rainHeight: number
  readonly levelTop: number
  readonly levelHeight: number
  readonly width: number
  readonly height: number
}

const LEFT = 48
const RIGHT = 16
/** From the strip's end to a label's text, and from there to the edge. */
export const LABEL_LEAD_PX = 10
const LABEL_AIR_PX = 14
const TOP = 26
const BETWEEN = 36
const BOTTOM = 30

/** Rain takes the upper third, level the rest; one alone takes all. */
export function layout(width: number, height: number, { rain, level }: Pick<Picture, 'rain' | 'level'>): Layout {
  const labels = (level?.limits ?? []).map(({ label }) => LABEL_LEAD_PX + textWidth(label) + LABEL_AIR_PX)
  const right = Math.max(RIGHT, ...labels)
  const inner = height - TOP - BOTTOM
  const rainHeight = rain ? (level ? Math.round((inner - BETWEEN) / 3) : inner) : 0
  const levelTop = rain ? TOP + rainHeight + BETWEEN : TOP
  const levelHeight = level ? height - BOTTOM - levelTop : 0
  return { left: LEFT, right, rainTop: TOP, rainHeight, levelTop, levelHeight, width, height }
}

/** About how wide a label of 14 px is: Chinese signs are square, others a good half of it. */
function textWidth(label: string): number {
  return [...label].reduce((width, sign) => width + (sign.charCodeAt(0) > 0x2e7f ? 14 : 8.6), 0)
}

/** The level's axis holds all limits, so that a calm river shows how far it is from them. */
export function levelScale({ trace, limits }: { readonly trace: Trace; readonly limits: readonly Limit[] }): Scale {
  const values = [
    ...trace.line.flatMap(({ value }) => (value === null ? [] : [value])),
    ...trace.suspect.map(({ value }) => value),
    ...trace.band.flatMap(({ min, max }) => [min, max]),
    ...limits.map(({ value }) => value),
  ]
  return values.length > 0 ? scaleAround(values, 0.5) : { min: 0, max: 1, step: roundStep(1, 5) }
}

export function rainScale({ bars }: RainStrip): Scale {
  return scaleFromZero(Math.max(0, ...bars.map(({ sum }) => sum)), 3)
}
