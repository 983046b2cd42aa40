import { expect, test } from 'vitest'
import { alertCsv } from './alert-file.ts'
import { alertOrders } from './alert-order.ts'
import { alertView } from './api/views.ts'
import { buildFormat } from './format.ts'

const T = Date.UTC(2026, 6, 1)
const alert = (id: string, openedAt: number, grade: string) =>
  alertView(
    {
      ...{ id, rule: 'flash', family: 'flash', title: { zh: '山洪', en: 'Flash, flood' }, kind: 'rain-window', station: 's' },
      ...{
        device: 'd',
        point: 'rain_total',
        unit: 'mm',
        decimals: 2,
        state: 'open',
        grade,
        peakGrade: grade,
        openedAt,
        clearedAt: null,
      },
      changes: [
        {
          ...{
            id: 1,
            at: openedAt,
            kind: 'raised',
            grade,
            action: 'move',
            value: 5150,
            sources: ['cloud', 'gateway'],
            retrospective: true,
            recorded: T,
          },
          evidence: { version: 'abc', decimals: 1, limit: 500, windowMs: 3_600_000, rows: [] },
        },
      ],
    },
    'alert',
  )

test('the file has a row a change, each number in the decimals it was judged with', () => {
  const [head, row] = alertCsv([alert('a', T, 'red')], ({ en }) => en, buildFormat('en', 'Asia/Shanghai')).split('\r\n')
  expect(head).toContain('alert,station,device,point,title,rule,rule_version,change,time')
  expect(row).toBe(
    'a,s,d,rain_total,"Flash, flood",flash,abc,raised,2026-07-01T08:00:00+08:00,red,move,51.50,50.0,mm,60,cloud gateway,true',
  )
})

test('alerts are sorted worst first, newest first among equals', () => {
  const alerts = [alert('a', T, 'blue'), alert('b', T + 1, 'red'), alert('c', T + 2, 'blue')]
  const order = (by: keyof typeof alertOrders) =>
    [...alerts]
      .sort(alertOrders[by])
      .map(({ id }) => id)
      .join('')
  expect([order('worst'), order('newest'), order('oldest')]).toEqual(['bca', 'cba', 'abc'])
})
