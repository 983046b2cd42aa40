import { countOf, type Lane, mergeRanges, missingFrom, type Ranges } from '#wire'

/** One lane of a gateway's epoch: issued = received + refused + declared lost, or what is missing. */
export interface AuditedLane {
  readonly gateway: string
  readonly epoch: string
  readonly lane: Lane
  /** The highest seq the gateway gave out, as far as the cloud was told. */
  readonly issued: number
  /** Rows in the inbox. */
  readonly received: number
  readonly refused: number
  readonly declaredLost: number
  readonly missing: Ranges
}

export interface AuditReport {
  /** True where nothing is missing anywhere. */
  readonly ok: boolean
  readonly gateways: readonly AuditedLane[]
}

/** What an audit looks at: the inbox's lanes and the losses that gateways declared. */
export interface AuditInput {
  readonly lanes: readonly {
    readonly gateway: string
    readonly epoch: string
    readonly lane: Lane
    readonly issued: number
    readonly received: Ranges
    readonly refused: Ranges
  }[]
  readonly losses: readonly { readonly gateway: string; readonly epoch: string; readonly lane: string; readonly seqs: Ranges }[]
}

/** Accounts for every seq that was given out. A row that arrived after all wins over its loss record. */
export function audit({ lanes, losses }: AuditInput): AuditReport {
  const audited = lanes.map(({ gateway, epoch, lane, issued, received, refused }): AuditedLane => {
    const lost = losses
      .filter((loss) => loss.gateway === gateway && loss.epoch === epoch && loss.lane === lane)
      .flatMap(({ seqs }) => seqs)
    const known = [...received, ...refused]
    const missing = missingFrom(mergeRanges([...known, ...lost]), 1, issued)
    const declaredLost = countOf(missingFrom(mergeRanges(known), 1, issued)) - countOf(missing)
    return { gateway, epoch, lane, issued, received: countOf(received), refused: countOf(refused), declaredLost, missing }
  })
  return { ok: audited.every(({ missing }) => missing.length === 0), gateways: audited }
}
