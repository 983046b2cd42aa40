import type { AlertView } from './api/views.ts'
import { csv } from './csv.ts'
import { digits, type Format } from './format.ts'

/** Alerts as CSV: one row a change, with the evidence that was its reason. */
export function alertCsv(alerts: readonly AlertView[], named: (text: AlertView['title']) => string, format: Format): string {
  const head = [
    'alert',
    'station',
    'device',
    'point',
    'title',
    'rule',
    'rule_version',
    'change',
    'time',
    'grade',
    'action',
    'value',
    'limit',
    'unit',
    'window_min',
    'sources',
    'retrospective',
  ]
  const rows = alerts.flatMap((alert) =>
    [...alert.changes]
      .sort((a, b) => a.id - b.id)
      .map(({ kind, at, grade, action, value, evidence, sources, retrospective }) => {
        const number = (count: number | null, decimals: number) => (count === null ? null : digits(count, decimals))
        const { version, limit, windowMs } = evidence
        return [
          ...[alert.id, alert.station, alert.device, alert.point, named(alert.title), alert.rule, version],
          ...[
            kind,
            format.iso(at),
            grade,
            action ?? null,
            number(value, alert.decimals),
            number(limit, evidence.decimals),
            alert.unit,
          ],
          ...[windowMs === undefined ? null : windowMs / 60_000, sources.join(' '), retrospective],
        ]
      }),
  )
  return csv([head, ...rows])
}
