import { crc32, inflateRawSync } from 'node:zlib'
import { decode } from 'cborg'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { BATCH_BYTES_MAX, BATCH_ROWS_MAX, type Batch, type JournalledEvent, LANES, WIRE_VERSION } from '../batch/index.ts'
import { EVENT_KIND } from '../event.ts'
import { DEVICE_ID } from '../rules/index.ts'
import { SyncError } from '../sync-error.ts'
import { GATEWAY_ID } from '../topic/index.ts'
import { decodeReadings } from './decode-columns.ts'

/** What a batch may grow to when it is opened: a bomb ends here. */
export const BATCH_OPENED_BYTES_MAX = 4 * 1024 * 1024
/** Lists in lists of an event's body: what is deeper can be opened and never be written again. */
export const EVENT_DEPTH_MAX = 32

/** What can be read of a batch without opening it: enough to acknowledge or refuse it. */
export type BatchHead = Static<typeof BatchHead>
export const BatchHead = Type.Object({
  v: Type.Integer({ minimum: 1, maximum: WIRE_VERSION }),
  gateway: Type.String({ pattern: GATEWAY_ID }),
  epoch: Type.String({ pattern: '^[0-9a-f]{16}$' }),
  lane: Type.Enum([...LANES]),
  first: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  last: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  rows: Type.Integer({ minimum: 1, maximum: BATCH_ROWS_MAX }),
})

const Envelope = Type.Object({
  ...BatchHead.properties,
  crc: Type.Integer({ minimum: 0, maximum: 0xffffffff }),
  body: Type.Unsafe<Uint8Array>(Type.Any()),
})

const Events = Type.Array(
  Type.Tuple([
    Type.Integer({ minimum: 1 }),
    // What a later gateway says besides is passed over.
    Type.Object({
      id: Type.String({ minLength: 1, maxLength: 80 }),
      kind: Type.String({ pattern: EVENT_KIND }),
      at: Type.Integer(),
      device: Type.Optional(Type.String({ pattern: DEVICE_ID })),
      body: Type.Record(Type.String(), Type.Unknown()),
    }),
  ]),
)

const envelopeCheck = Compile(Envelope)
const eventsCheck = Compile(Events)

/**
 * Reads the head of a batch.
 * @throws SyncError `too-large`, `malformed` or `version`: it cannot be said which rows these bytes are.
 */
export function decodeBatchHead(bytes: Uint8Array): BatchHead {
  const { crc: _, body: __, ...head } = decodeEnvelope(bytes)
  return head
}

/**
 * Opens a batch and checks it: checksum, limits, every column.
 * @throws SyncError `too-large`, `malformed`, `version` or `checksum`.
 */
export function decodeBatch(bytes: Uint8Array): Batch {
  const { crc, body, gateway, epoch, lane, first, last, rows: count } = decodeEnvelope(bytes)
  if (crc32(body) !== crc)
    throw new SyncError('checksum', `expected crc ${crc} over the body of ${lane} ${first}-${last}, got ${crc32(body)}`)
  const content = open(body)
  const base = { gateway, epoch, first, last }
  const batch: Batch =
    lane === 'reading' ? { ...base, lane, rows: decodeReadings(content, count) } : { ...base, lane, rows: decodeEvents(content) }
  const seqs = batch.rows.map(({ seq }) => seq)
  if (
    seqs.length !== count ||
    seqs[0] !== first ||
    seqs.at(-1) !== last ||
    seqs.some((seq, index) => index > 0 && seq <= (seqs[index - 1] ?? 0))
  ) {
    throw new SyncError(
      'malformed',
      `expected ${count} rows from ${first} to ${last} in rising order, got ${seqs.length} from ${seqs[0]} to ${seqs.at(-1)}`,
    )
  }
  return batch
}

function decodeEnvelope(bytes: Uint8Array): Static<typeof Envelope> {
  if (bytes.length > BATCH_BYTES_MAX)
    throw new SyncError('too-large', `expected at most ${BATCH_BYTES_MAX} bytes in a batch, got ${bytes.length}`)
  const envelope = cbor(bytes)
  const version = typeof envelope === 'object' && envelope !== null && 'v' in envelope ? envelope.v : undefined
  if (typeof version === 'number' && version > WIRE_VERSION)
    throw new SyncError('version', `expected wire version ${WIRE_VERSION} or older, got ${version}`)
  if (!envelopeCheck.Check(envelope) || !(envelope.body instanceof Uint8Array) || envelope.last < envelope.first)
    throw new SyncError('malformed', 'expected the envelope of a batch')
  return envelope
}

function open(body: Uint8Array): unknown {
  let opened: Uint8Array
  try {
    opened = inflateRawSync(body, { maxOutputLength: BATCH_OPENED_BYTES_MAX })
  } catch (cause) {
    throw new SyncError('malformed', `expected a deflated body of at most ${BATCH_OPENED_BYTES_MAX} bytes`, { cause })
  }
  return cbor(opened)
}

function decodeEvents(content: unknown): JournalledEvent[] {
  if (!isFlat(content)) throw new SyncError('malformed', `expected events of at most ${EVENT_DEPTH_MAX} lists in lists`)
  if (!eventsCheck.Check(content)) throw new SyncError('malformed', 'expected events')
  return content.map(([seq, { id, kind, at, device, body }]) => ({
    seq,
    event: { id, kind, at, ...(device !== undefined && { device }), body },
  }))
}

/** Level by level, for a call a level is what deep data ends. */
function isFlat(content: unknown): boolean {
  let level: unknown[] = [content]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > EVENT_DEPTH_MAX) return false
    level = level.flatMap((one): unknown[] =>
      typeof one === 'object' && one !== null && !ArrayBuffer.isView(one) ? Object.values(one) : [],
    )
  }
  return true
}

function cbor(bytes: Uint8Array): unknown {
  try {
    // No JSON can hold a BigInt.
    return decode(bytes, { rejectDuplicateMapKeys: true, allowBigInt: false })
  } catch (cause) {
    throw new SyncError('malformed', 'expected CBOR', { cause })
  }
}
