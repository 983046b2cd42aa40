import { fork } from 'node:child_process'
import { once } from 'node:events'
import { durationMs, type Table } from '#devices'
import { planBlocks, queryOf } from '#drivers'
import { encodeTcp } from '#protocols/modbus'
import type { DeviceAddress, Scenario, ScenarioDevice } from '#simulator'
import type { BareCost, BareOrder } from './bare-poller.ts'

const READS = { coil: 1, discrete: 2, holding: 3, input: 4 } as const satisfies Record<Table, number>

/** Polls the scenario's devices with the frames that a gateway sends and nothing around them, in a process of its own. */
export async function measureBare(
  { scenario, addresses }: { readonly scenario: Scenario; readonly addresses: readonly DeviceAddress[] },
  { everyMs, warmUpRounds, rounds }: Omit<BareOrder, 'lines'>,
  stop: AbortSignal,
): Promise<BareCost> {
  const lines = scenario.stations.flatMap(({ devices }) =>
    devices.map((device) => {
      const { hostname: host, port } = new URL(addresses.find((address) => address.device === device.id)?.url ?? '')
      return { host, port: Number(port), requests: requestsOf(device, everyMs) }
    }),
  )
  const child = fork(new URL('./bare-poller.ts', import.meta.url), { signal: stop, serialization: 'json' })
  const answer = Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`expected the bare poller to answer, it ended with ${code}`))),
  ])
  child.send({ lines, everyMs, warmUpRounds, rounds } satisfies BareOrder)
  const [cost] = (await answer) as [BareCost]
  if (child.exitCode === null) await once(child, 'exit')
  if (cost.bytesRead === 0) throw new Error('expected answers to the bare poller, got none')
  return cost
}

/** The requests of one round in hexadecimal, as the driver plans them. */
function requestsOf({ unit, profile }: ScenarioDevice, everyMs: number): string[] {
  const { points, defaults } = profile.profile.modbus
  const due = Object.fromEntries(Object.entries(points).filter(([, { every }]) => durationMs(every) === everyMs))
  return planBlocks(due, defaults).map(({ table, address, count }) =>
    Buffer.from(encodeTcp(1, unit, queryOf({ function: READS[table], address, count }).pdu)).toString('hex'),
  )
}
