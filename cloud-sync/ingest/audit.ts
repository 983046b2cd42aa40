import { countOf, type Lane, mergeRanges, missingFrom, type Ranges } from '#wire'

/** One lane of a gateway's epoch: issued = received + refused + carried + declared lost, or what is missing. */
export interface AuditedLane {
  readonly gateway: string
  readonly epoch: string
  readonly lane: Lane
  /** The highest seq the gateway gave out, as far as the cloud was told. */
  readonly issued: number
  /** Rows in the inbox. */
  readonly received: number
  readonly refused: number
  /** Rows that came under new numbers in the epoch that follows, and not under these. */
  readonly carried: number
  readonly declaredLost: number
  readonly missing: Ranges
  /** Why another epoch follows this one; null where none does. */
  readonly closed: string | null
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
  /** Epochs that another one follows. */
  readonly renewals?: readonly {
    readonly gateway: string
    readonly previous: string | null
    readonly why: string
    readonly carried?: Readonly<Record<string, Ranges>> | undefined
  }[]
}

/** Accounts for every seq that was given out. A row that arrived after all wins over its loss record, and over being carried on. */
export function audit({ lanes, losses, renewals = [] }: AuditInput): AuditReport {
  const audited = lanes.map(({ gateway, epoch, lane, issued, received, refused }): AuditedLane => {
    // Of a journal that was cloned, more than one: each carries rows of its own under the same numbers.
    const ended = renewals.filter((one) => one.gateway === gateway && one.previous === epoch)
    const lost = losses.filter((loss) => loss.gateway === gateway && loss.epoch === epoch && loss.lane === lane)
    const known = mergeRanges([...received, ...refused])
    const carried = mergeRanges([...known, ...ended.flatMap((one) => one.carried?.[lane] ?? [])])
    const declared = mergeRanges([...carried, ...lost.flatMap(({ seqs }) => seqs)])
    const gaps = [known, carried, declared].map((held) => missingFrom(held, 1, issued))
    const [afterKnown = 0, afterCarried = 0, afterLost = 0] = gaps.map(countOf)
    return {
      gateway,
      epoch,
      lane,
      issued,
      received: countOf(received),
      refused: countOf(refused),
      carried: afterKnown - afterCarried,
      declaredLost: afterCarried - afterLost,
      missing: gaps[2] ?? [],
      closed: ended[0]?.why ?? null,
    }
  })
  return { ok: audited.every(({ missing }) => missing.length === 0), gateways: audited }
}
