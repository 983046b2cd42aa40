import { readLedger, type ServedPoint } from '#simulator'

/** The points that were served, in the order of the ledger. @throws SimulatorError `ledger` */
export async function readServed(file: string): Promise<ServedPoint[]> {
  const points: ServedPoint[] = []
  for await (const line of readLedger(file)) if ('point' in line) points.push(line)
  return points
}
