import { type ComputedRef, computed, type InjectionKey, inject } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Named } from './api/views.ts'
import { buildFormat, type Format } from './format.ts'

/** How a component speaks: translated words, names from the configuration, and the page's one formatter. */
export interface Words {
  readonly t: ReturnType<typeof useI18n>['t']
  readonly format: ComputedRef<Format>
  /** A text of the configuration in the page's language. */
  named(text: Named): string
  /** A point by the name people know; a point that only the site knows keeps its own name. */
  pointName(point: string): string
  /** The rows of a lane in words, as many as there are; one that the page does not know stays as it came. */
  laneName(lane: string, count: number): string
  /** Why a value is not good, in words; a reason the page does not know stays as it came. */
  reason(code: string | undefined): string
}

export const formatKey: InjectionKey<ComputedRef<Format>> = Symbol('format')

export function useWords(): Words {
  const { t, te, locale } = useI18n({ useScope: 'global' })
  const format = inject(formatKey, () => computed(() => buildFormat(locale.value, 'UTC')), true)
  return {
    t,
    format,
    named: ({ zh, en }) => (locale.value === 'en' ? en : zh),
    pointName: (point) => (te(`point.${point}`) ? t(`point.${point}`) : point),
    laneName: (lane, count) => (te(`lane.${lane}`) ? t(`lane.${lane}`, count) : lane),
    reason: (code) => (code === undefined ? '' : te(`reason.${code}`) ? t(`reason.${code}`) : code),
  }
}
