import {
  type AlertView,
  type ChangeView,
  GRADES,
  type Grade,
  type PointView,
  type RowView,
  type SiteView,
  type StationView,
} from '../src/api/views.ts'
import { storm } from './storm.ts'

/** One road of a site as the cloud would show it: a rain gauge and a level sensor at one station, through the canonical storm. */
export const STORM_START = Date.UTC(2026, 6, 1, 2, 0)
export const STATION = 'shiqiao'
const MINUTE_MS = 60_000
const STEP_MIN = 5
/** Dry hours before the storm in which the site already reported. */
const DRY_MIN = 480
const FOLLOWED_MIN = 900
const BASE_LEVEL = 3044
/** The level sensor does not answer in these minutes; once it answers 2 m too high; the gauge is silent for half an hour. */
const LEVEL_SILENT = [-120, -80] as const
const SPIKE_MIN = 105
const RAIN_SILENT = [-240, -210] as const

const LEVELS = { blue: 3300, yellow: 3350, orange: 3550, red: 3690 } as const
const between = (minute: number, [from, to]: readonly [number, number]) => minute > from && minute <= to

/** The site at one minute of the storm. Values are counts, times epoch ms, as in the contract. */
export class StageSite {
  minute: number
  readonly speed: number
  /** `cloned`: its gateway's disk was copied; `noAnswer`: the level sensor has fallen silent; `noThreshold`: no rule looks at the station. */
  faults: { readonly noAnswer: boolean; readonly noThreshold: boolean; readonly cloned?: boolean } = {
    noAnswer: false,
    noThreshold: false,
  }
  readonly #steps: readonly { readonly minute: number; readonly rain: number; readonly level: number }[]

  constructor(minute: number, speed: number) {
    this.minute = minute
    this.speed = speed
    const dry = Array.from({ length: DRY_MIN / STEP_MIN }, (_, index) => ({
      minute: -DRY_MIN + (index + 1) * STEP_MIN,
      rain: 0,
      level: BASE_LEVEL,
    }))
    this.#steps = [...dry, ...storm(FOLLOWED_MIN)]
  }

  get now(): number {
    return STORM_START + this.minute * MINUTE_MS + 3_000
  }

  site(): SiteView {
    return {
      name: '示范流域 Demo basin',
      version: '0.1.0',
      zone: 'Asia/Shanghai',
      now: this.now,
      speed: this.speed,
      demo: { loops: true },
    }
  }

  station(): StationView {
    const open = this.alerts().filter(({ state }) => state === 'open')
    const worst = (['red', 'orange', 'yellow', 'blue'] as const).find((grade) => open.some((alert) => alert.grade === grade))
    const since = STORM_START - DRY_MIN * MINUTE_MS
    const limits = Object.entries(LEVELS).map(([grade, value]) => ({
      rule: 'river-level',
      grade: grade as Grade,
      value,
      direction: 'above' as const,
    }))
    const point = (
      of: Pick<PointView, 'device' | 'point' | 'unit' | 'decimals' | 'meaning'>,
      latest: RowView | undefined,
    ): PointView => ({
      ...of,
      every: of.point === 'battery' ? 15 * MINUTE_MS : STEP_MIN * MINUTE_MS,
      latest: latest ?? null,
      thresholds: of.point === 'level' && !this.faults.noThreshold ? limits : [],
    })
    return {
      id: STATION,
      name: { zh: '石桥站', en: 'Shiqiao' },
      gateway: 'gw-01',
      state: worst ?? (this.faults.noThreshold ? 'no-threshold' : 'normal'),
      devices: [
        { id: 'rain-01', name: { zh: '雨量计 1', en: 'Rain gauge 1' }, profile: 'rain-gauge/acme-rg-1', online: true, since },
        {
          id: 'level-01',
          name: { zh: '水位计 1', en: 'Level sensor 1' },
          profile: 'level-sensor/acme-lv-4',
          online: !this.faults.noAnswer,
          since,
        },
      ],
      points: [
        point(
          { device: 'rain-01', point: 'rain_total', unit: 'mm', decimals: 1, meaning: 'counter' },
          this.rows('rain_total').at(-1),
        ),
        point({ device: 'rain-01', point: 'battery', unit: 'V', decimals: 2, meaning: 'gauge' }, this.rows('battery').at(-1)),
        point({ device: 'level-01', point: 'level', unit: 'm', decimals: 2, meaning: 'gauge' }, this.rows('level').at(-1)),
        point(
          { device: 'level-01', point: 'velocity', unit: 'm/s', decimals: 2, meaning: 'gauge' },
          this.rows('velocity').at(-1),
        ),
        point({ device: 'level-01', point: 'fault', unit: '', decimals: 0, meaning: 'state' }, this.rows('fault').at(-1)),
      ],
      alerts: open.length,
      doubt: this.faults.cloned ? 'two runs take turns in one epoch' : null,
    }
  }

  /** All rows of a point so far, oldest first. */
  rows(point: string): RowView[] {
    let counter = 1_240
    return this.#steps
      .filter(({ minute }) => minute <= this.minute && (point !== 'battery' || minute % 15 === 0))
      .flatMap(({ minute, rain, level }): RowView[] => {
        counter += rain
        const at = STORM_START + minute * MINUTE_MS
        const row = (
          device: string,
          value: number | boolean | null,
          quality: RowView['quality'] = 'good',
          reason?: string,
        ): RowView[] => [{ device, point, at, n: 0, value, quality, reason, received: at + 1_200, stored: at + 1_300 }]
        if (point === 'rain_total') return between(minute, RAIN_SILENT) ? [] : row('rain-01', counter)
        if (point === 'battery') return row('rain-01', 1_262 - Math.floor((minute + DRY_MIN) / 120))
        if (between(minute, LEVEL_SILENT) || (this.faults.noAnswer && minute > this.minute - 15))
          return row('level-01', null, 'bad', 'timeout')
        if (point === 'velocity') return row('level-01', 42 + Math.round((level - BASE_LEVEL) / 2.4))
        if (point === 'fault') return row('level-01', false)
        return minute === SPIKE_MIN ? row('level-01', level + 200, 'suspect', 'step') : row('level-01', level)
      })
  }

  /** Rain in bars that end within (from, to], with how much of each is known. */
  rain(from: number, to: number, step: number): { at: number; sum: number; covered: number }[] {
    const bars: { at: number; sum: number; covered: number }[] = []
    for (let at = (Math.floor(from / step) + 1) * step; at <= to; at += step) {
      const end = (at - STORM_START) / MINUTE_MS
      const within = this.#steps.filter(({ minute }) => minute > end - step / MINUTE_MS && minute <= end && minute <= this.minute)
      const told = within.filter(({ minute }) => !between(minute, RAIN_SILENT))
      const covered = (told.length * STEP_MIN * MINUTE_MS) / step
      bars.push({ at, sum: told.reduce((sum, { rain }) => sum + rain, 0), covered })
    }
    return bars
  }

  /** Newest first: the storm of two days ago, the flash-flood alert and the river's alert of this one, as far as they have come. */
  alerts(): AlertView[] {
    return [this.#river(), this.#flash(), this.#before()].filter((alert) => alert !== null)
  }

  #river(): AlertView | null {
    const reached: [number, Grade, number][] = [
      [215, 'blue', LEVELS.blue],
      [230, 'yellow', LEVELS.yellow],
      [295, 'orange', LEVELS.orange],
    ]
    const changes = reached.flatMap(([minute, grade, limit], index): ChangeView[] => {
      const value = this.#steps.find((step) => step.minute === minute)?.level ?? limit
      if (minute > this.minute) return []
      const at = STORM_START + minute * MINUTE_MS
      const evidence = { version: 'a91c04e27b5d3f68', decimals: 2, limit, rows: [{ at, value }] }
      return [
        change({
          id: 20 + index,
          at,
          kind: index === 0 ? 'raised' : 'escalated',
          grade,
          value,
          evidence,
          sources: ['cloud', 'gateway'],
        }),
      ]
    })
    return incident({
      id: 'river-2026-07-01',
      rule: 'river-level',
      title: { zh: '河道洪水预警', en: 'River flood' },
      kind: 'threshold',
      point: { device: 'level-01', point: 'level', unit: 'm', decimals: 2 },
      changes,
    })
  }

  #flash(): AlertView | null {
    const reached = [
      { minute: 145, grade: 'orange', action: 'prepare', windowMs: 60 * MINUTE_MS, limit: 300 },
      { minute: 155, grade: 'red', action: 'move', windowMs: 60 * MINUTE_MS, limit: 500 },
    ] as const
    const changes = reached.flatMap(({ minute, grade, action, windowMs, limit }, index): ChangeView[] => {
      if (minute > this.minute) return []
      const at = STORM_START + minute * MINUTE_MS
      const within = this.#steps.filter((step) => step.minute > minute - 60 && step.minute <= minute)
      const rows = within.map((step) => ({ at: STORM_START + step.minute * MINUTE_MS, value: step.rain }))
      const sum = within.reduce((total, { rain }) => total + rain, 0)
      const evidence = { version: '5b20d7e19c8f4a36', decimals: 1, limit, windowMs, coverage: 1, rows }
      return [
        change({
          id: 10 + index,
          at,
          kind: index === 0 ? 'raised' : 'escalated',
          grade,
          action,
          value: sum,
          evidence,
          sources: ['gateway'],
        }),
      ]
    })
    return incident({
      id: 'flash-2026-07-01',
      rule: 'flash-flood-shiqiao',
      title: { zh: '山洪灾害预警', en: 'Flash flood' },
      kind: 'rain-window',
      point: { device: 'rain-01', point: 'rain_total', unit: 'mm', decimals: 1 },
      changes,
    })
  }

  #before(): AlertView | null {
    const at = STORM_START - 46 * 60 * MINUTE_MS
    const evidence = {
      version: '5b20d7e19c8f4a36',
      decimals: 1,
      limit: 300,
      windowMs: 60 * MINUTE_MS,
      coverage: 0.91,
      rows: [{ at, value: 65 }],
    }
    const changes: ChangeView[] = [
      change({
        id: 1,
        at,
        kind: 'raised',
        grade: 'orange',
        action: 'prepare',
        value: 315,
        evidence,
        sources: ['cloud'],
        retrospective: true,
      }),
      change({
        id: 2,
        at: at + 70 * MINUTE_MS,
        kind: 'cleared',
        grade: null,
        value: 120,
        evidence,
        sources: ['cloud'],
        retrospective: true,
      }),
    ]
    return incident({
      id: 'flash-2026-06-29',
      rule: 'flash-flood-shiqiao',
      title: { zh: '山洪灾害预警', en: 'Flash flood' },
      kind: 'rain-window',
      point: { device: 'rain-01', point: 'rain_total', unit: 'mm', decimals: 1 },
      changes,
    })
  }
}

type Given = Pick<ChangeView, 'id' | 'at' | 'kind' | 'grade' | 'value' | 'sources'> & {
  action?: 'prepare' | 'move'
  retrospective?: boolean
} & {
  evidence: Omit<ChangeView['evidence'], 'windowMs' | 'coverage'> & { windowMs?: number; coverage?: number }
}

function change({ action, retrospective, evidence, ...given }: Given): ChangeView {
  const { windowMs, coverage, ...rest } = evidence
  return {
    ...given,
    action,
    retrospective: retrospective ?? false,
    evidence: { ...rest, windowMs, coverage },
    recorded: given.at + 1_500,
  }
}

function incident({
  point,
  ...given
}: Pick<AlertView, 'id' | 'rule' | 'title' | 'kind' | 'changes'> & {
  point: Pick<PointView, 'device' | 'point' | 'unit' | 'decimals'>
}): AlertView | null {
  const first = given.changes[0]
  const last = given.changes.at(-1)
  const graded = given.changes.findLast(({ grade }) => grade !== null)
  if (!first || !last || !graded?.grade) return null
  const isOpen = last.grade !== null
  return {
    ...given,
    ...point,
    family: given.rule,
    station: STATION,
    state: isOpen ? 'open' : 'cleared',
    grade: graded.grade,
    action: graded.action,
    peakGrade: GRADES.findLast((grade) => given.changes.some((one) => one.grade === grade)) ?? graded.grade,
    openedAt: first.at,
    clearedAt: isOpen ? null : last.at,
  }
}
