import { Gauge, Registry } from 'prom-client'
import { type BrokerNumbers, REFUSALS } from '#cloud/broker'
import type { IngestState } from '#cloud/ingest'
import { LANES } from '#wire'

/**
 * The cloud's numbers in Prometheus' text format. Along the road they balance: what gateways have acknowledged is in the inbox, and each
 * reader's rows reach the inbox's when its lag is 0.
 */
export async function cloudMetrics(ingest: IngestState | null, broker: BrokerNumbers | null): Promise<string> {
  const registry = new Registry()
  const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ name: `sluice_${name}`, help, labelNames: [...labelNames], registers: [registry] })
  if (broker !== null) tellBroker(broker, gauge)
  if (ingest === null) return registry.metrics()
  const { inbox, rows, readers, isConnected } = ingest
  gauge('ingest_connected', '1 while the ingest is connected to its broker').set(isConnected ? 1 : 0)
  const inboxRows = gauge('inbox_rows_total', 'Rows in the inbox, ever', ['lane'])
  for (const lane of LANES) inboxRows.set({ lane }, rows[lane])
  gauge('inbox_batches_total', 'Batches taken since the start').set(inbox.batches)
  gauge('inbox_duplicates_total', 'Batches that were there already, since the start').set(inbox.duplicates)
  gauge('inbox_refused_total', 'Rows refused since the start').set(inbox.refused)
  gauge('inbox_unreadable_total', 'Messages of which not even the head can be read, since the start').set(inbox.unreadable)
  gauge('series_parked_total', 'Rows kept out of the series, since the start').set(ingest.parked)
  gauge('inbox_ahead_total', 'Batches of a later wire version, neither taken nor refused, since the start').set(inbox.ahead)
  gauge('inbox_fenced_total', 'Batches not taken because their numbers cannot be trusted, since the start').set(inbox.fenced)
  gauge('inbox_damaged_total', "Batches that the cloud's disk has damaged, since the start").set(inbox.damaged)
  gauge('inbox_fenced_epochs', 'Epochs of which nothing is taken any more').set(inbox.fencedEpochs)
  gauge('inbox_failing', '1 while the inbox takes nothing, as on a full disk').set(inbox.fault === null ? 0 : 1)
  gauge('inbox_dropped_total', 'Messages dropped unacknowledged because the disk was behind, since the start').set(inbox.dropped)
  const readerRows = gauge(
    'reader_rows_total',
    'Rows a reader is done with, ever: series stores, judge judges, records keeps events',
    ['reader', 'lane'],
  )
  const lag = gauge('reader_lag_batches', 'Batches in the inbox that a reader has not read', ['reader'])
  const failing = gauge('reader_failing', '1 while a reader cannot go on', ['reader'])
  for (const { name, cursor, rows: done, error } of readers) {
    for (const lane of LANES) readerRows.set({ reader: name, lane }, done[lane])
    lag.set({ reader: name }, inbox.newest - cursor)
    failing.set({ reader: name }, error === null ? 0 : 1)
  }
  return registry.metrics()
}

type MakeGauge = (name: string, help: string, labelNames?: readonly string[]) => Gauge

function tellBroker(broker: BrokerNumbers & { readonly rssBytes?: number }, gauge: MakeGauge): void {
  const { clients, connections, takeovers, refused, rssBytes } = broker
  gauge('broker_clients', 'Clients of the embedded broker').set(clients)
  gauge('broker_connections', 'Its connections, with those that have not said who they are').set(connections)
  gauge('broker_takeovers_total', 'Clients that a newer connection took over, since its start').set(takeovers)
  const refusals = gauge('broker_refused_total', 'What it refused since its start, by kind', ['kind'])
  for (const kind of REFUSALS) refusals.set({ kind }, refused[kind])
  if (rssBytes !== undefined) gauge('broker_memory_bytes', 'Memory of its process').set(rssBytes)
}
