import type { Sort } from './address.ts'
import { type AlertView, GRADES } from './api/views.ts'

type Order = (a: AlertView, b: AlertView) => number

const newestFirst: Order = (a, b) => b.openedAt - a.openedAt || b.id.localeCompare(a.id)

/** By grade, then the newest. */
export const worstFirst: Order = (a, b) => GRADES.indexOf(b.grade) - GRADES.indexOf(a.grade) || newestFirst(a, b)

export const alertOrders: Readonly<Record<Sort, Order>> = {
  newest: newestFirst,
  oldest: (a, b) => newestFirst(b, a),
  worst: worstFirst,
}
