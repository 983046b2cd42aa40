import { Session } from '#mqtt'
import { topic } from '#wire'
import { decodeBatchHead } from '#wire/decode'

/** What went over the wire from gateways to the cloud. */
export interface WireTap extends AsyncDisposable {
  /** Payload bytes of batches of readings, and the rows in them, since the opening. */
  readonly count: { readonly bytes: number; readonly rows: number; readonly batches: number }
}

/** Listens to what all gateways send, beside the cloud's own ingest. @throws SyncError */
export async function openWireTap(broker: string, stop: AbortSignal): Promise<WireTap> {
  let count = { bytes: 0, rows: 0, batches: 0 }
  const onMessage = (_: string, payload: Uint8Array): void => {
    const { lane, rows } = decodeBatchHead(payload)
    if (lane !== 'reading') return
    count = { bytes: count.bytes + payload.length, rows: count.rows + rows, batches: count.batches + 1 }
  }
  const session = await Session.open({ url: broker, clientId: 'cloud-bench', onMessage }, stop)
  await session.subscribe(topic('+', 'up'))
  return {
    get count() {
      return count
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  }
}
