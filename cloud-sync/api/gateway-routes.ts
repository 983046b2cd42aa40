import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from 'typebox'
import type { GatewayRow, Records } from '#cloud/store'
import { LANES } from '#wire'
import { errorAnswers } from './error-handler.ts'
import { NullableString } from './nullable.ts'
import { NoQuery } from './query.ts'

const LaneView = Type.Object({
  issued: Type.Unsafe<number | null>({ type: ['integer', 'null'], description: 'highest seq the gateway gave out' }),
  received: Type.Unsafe<number | null>({ type: ['integer', 'null'], description: 'rows in the inbox' }),
})

const ClockView = Type.Unsafe<{ now: number; speed: number; trusted: boolean } | null>({
  type: ['object', 'null'],
  properties: { now: { type: 'integer' }, speed: { type: 'number' }, trusted: { type: 'boolean' } },
})

const GatewayView = Type.Object({
  id: Type.String(),
  online: Type.Boolean(),
  epoch: NullableString,
  boot: NullableString,
  since: Type.Integer(),
  clock: ClockView,
  lanes: Type.Record(Type.String(), LaneView),
  config: NullableString,
  doubt: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'why the numbers of its epoch cannot be trusted' }),
})
type GatewayView = Static<typeof GatewayView>

const AuditedLane = Type.Object({
  gateway: Type.String(),
  epoch: Type.String(),
  lane: Type.Enum([...LANES]),
  issued: Type.Integer(),
  received: Type.Integer(),
  missing: Type.Array(Type.Array(Type.Integer(), { minItems: 2, maxItems: 2 }), { description: 'inclusive ranges of seqs' }),
  refused: Type.Integer(),
  carried: Type.Integer({ description: 'rows that came under new numbers in the epoch that follows' }),
  declaredLost: Type.Integer(),
  closed: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'why another epoch follows' }),
})
const AuditView = Type.Object({ ok: Type.Boolean(), gateways: Type.Array(AuditedLane) })

/** Issued = stored + refused + carried + declared lost, to the row, or which are missing. */
export interface AuditReport {
  readonly ok: boolean
  readonly gateways: readonly (Readonly<Omit<Static<typeof AuditedLane>, 'missing'>> & {
    readonly missing: readonly (readonly [first: number, last: number])[]
  })[]
}

export const gatewayRoutes: FastifyPluginAsyncTypebox<{ records: Records; audit: () => Promise<AuditReport> }> = async (
  app,
  { records, audit },
) => {
  app.get(
    '/api/gateways',
    {
      schema: {
        summary: 'Gateways and how far their rows have come',
        querystring: NoQuery,
        response: { 200: Type.Array(GatewayView), ...errorAnswers },
      },
    },
    async () => (await records.db.selectFrom('gateway').selectAll().orderBy('id').execute()).map(gatewayView),
  )
  app.get(
    '/api/audit',
    {
      schema: {
        summary: 'Whether every row that was given out is accounted for',
        querystring: NoQuery,
        response: { 200: AuditView, ...errorAnswers },
      },
    },
    async () => {
      const { ok, gateways } = await audit()
      return { ok, gateways: gateways.map((lane) => ({ ...lane, missing: lane.missing.map((range) => [...range]) })) }
    },
  )
}

function gatewayView({ id, online, epoch, boot, since, clock, config, lanes, doubt }: GatewayRow): GatewayView {
  const known: Record<string, Partial<Static<typeof LaneView>>> = JSON.parse(lanes)
  return {
    id,
    online: online === 1,
    epoch,
    boot,
    since,
    clock: clock === null ? null : JSON.parse(clock),
    lanes: Object.fromEntries(
      Object.entries(known).map(([lane, { issued = null, received = null }]) => [lane, { issued, received }]),
    ),
    config,
    doubt,
  }
}
