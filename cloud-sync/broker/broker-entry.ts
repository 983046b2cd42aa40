import { setTimeout as sleep } from 'node:timers/promises'
import { Broker, type BrokerOptions } from './broker.ts'
import type { BrokerNews, BrokerOrder } from './broker-message.ts'
import type { BrokerLog } from './refusals.ts'

/**
 * The broker's own process. It lives and dies with the process that began it: when the channel between them ends, in whatever way, so does it,
 * and its port is free again.
 */

/** Another broker may still be about to give the port back. */
const PORT_WAIT_MS = 4000
const PORT_LOOK_MS = 100
const NUMBERS_MS = 500

// The terminal and the service manager tell every process of the group: this one ends when the other has said its farewells.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
process.on('disconnect', () => process.exit(0))

process.once('message', async (order: BrokerOrder) => {
  if (order.kind === 'stop') process.exit(0)
  try {
    const broker = await openPatiently({ ...order.options, log: logOf(order.isDebugging) })
    process.on('message', async ({ kind }: BrokerOrder) => {
      if (kind !== 'stop') return
      await broker[Symbol.asyncDispose]()
      process.exit(0)
    })
    tell({ kind: 'ready', url: broker.url })
    setInterval(() => tell({ kind: 'numbers', numbers: { ...broker.numbers, rssBytes: process.memoryUsage.rss() } }), NUMBERS_MS)
  } catch (error) {
    // Only plain data crosses the channel.
    tell({ kind: 'failed', message: (error as Error).message, facts: { ...(error as object) } })
  }
})

async function openPatiently(options: BrokerOptions): Promise<Broker> {
  for (const until = performance.now() + PORT_WAIT_MS; ; await sleep(PORT_LOOK_MS)) {
    try {
      return await Broker.open(options)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || performance.now() > until) throw error
    }
  }
}

function logOf(isDebugging: boolean): BrokerLog {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (facts: object, words: string) =>
    tell({ kind: 'log', level, facts, words })
  return { debug: isDebugging ? at('debug') : () => {}, info: at('info'), warn: at('warn'), error: at('error') }
}

function tell(news: BrokerNews): void {
  // The other end may be gone: then this process is about to be, too.
  if (process.connected) process.send?.(news, () => {})
}
