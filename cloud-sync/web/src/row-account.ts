import type { AuditView } from './api/views.ts'

/** What became of every row that a gateway gave out, over all its lanes and epochs. */
export interface GatewayAccount {
  readonly gateway: string
  readonly issued: number
  readonly received: number
  readonly refused: number
  /** Came under new numbers in the epoch that follows. */
  readonly carried: number
  readonly declaredLost: number
  /** Rows that nothing is known of: still under way, or lost without a record. */
  readonly missing: number
}

/** The accounts of all gateways: those that miss the most first, then those that lost the most. */
export function accountsOf({ gateways }: AuditView): GatewayAccount[] {
  const accounts = [...Map.groupBy(gateways, ({ gateway }) => gateway)].map(([gateway, lanes]): GatewayAccount => {
    const sum = (of: (lane: (typeof lanes)[number]) => number) => lanes.reduce((total, lane) => total + of(lane), 0)
    return {
      gateway,
      issued: sum(({ issued }) => issued),
      received: sum(({ received }) => received),
      refused: sum(({ refused }) => refused),
      carried: sum(({ carried }) => carried),
      declaredLost: sum(({ declaredLost }) => declaredLost),
      missing: sum(({ missing }) => missing.reduce((total, [first, last]) => total + last - first + 1, 0)),
    }
  })
  return accounts.sort((a, b) => b.missing - a.missing || b.declaredLost - a.declaredLost || a.gateway.localeCompare(b.gateway))
}
