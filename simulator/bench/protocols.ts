import type { Splitter } from '#protocols/frames'
import { RtuSplitter, responseLength, TcpSplitter } from '#protocols/modbus'
import { mtSics } from '#protocols/scales'
import { decodeMessage, encodeMessage, sl651Splitter } from '#protocols/sl651'
import { atLeast, type Figure, printFigures } from './figures.ts'
import { type Effort, rateOf } from './rate.ts'
import { heartbeat, hourlyReport, longReport, longRtu, longTcp, scaleLine, shortRtu, shortTcp } from './samples.ts'
import { counted, streamOf } from './stream.ts'
import { wordsRate } from './words.ts'

/** More than a second for each figure. */
const FULL: Effort = { roundMs: 300, rounds: 5 }
/** Repetitions between two looks at the clock. */
const BATCH = 100
const MB = 1e6

/** What the codecs do in a second on one core, beside their goals and beside a peer of npm where there is one. Takes about half a minute. */
export async function protocols(
  { json }: { readonly cli: string; readonly json: boolean },
  stop: AbortSignal,
  effort: Effort = FULL,
): Promise<void> {
  const figures: Figure[] = []
  // Packages that only a clone has: the other benches go without them.
  const { peerFigures } = await import('./peers.ts')
  for (const measure of [meaningFigures, splitterFigures, peerFigures]) {
    if (stop.aborted) return
    figures.push(...(await measure(effort)))
  }
  if (!stop.aborted) printFigures('protocols', figures, json)
}

async function meaningFigures(effort: Effort): Promise<Figure[]> {
  const report = hourlyReport()
  const reports = await rateOf(() => {
    let bytes = 0
    for (let index = 0; index < BATCH; index++) bytes += encodeMessage(decodeMessage(report)).length
    return counted(bytes, BATCH * report.length, BATCH)
  }, effort)
  const words = await wordsRate(effort)
  return [
    atLeast('SL 651 hourly reports, decoded and encoded again', reports, 'frames/s', 100_000),
    atLeast('Modbus RTU responses of 100 registers, bytes to words', words, 'responses/s', 300_000),
  ]
}

async function splitterFigures(effort: Effort): Promise<Figure[]> {
  const rtu = () => new RtuSplitter(responseLength)
  const tcp = () => new TcpSplitter()
  const figures: Figure[] = []
  for (const [name, splitter, frame] of [
    ['modbus-rtu', rtu(), longRtu()],
    ['modbus-tcp', tcp(), longTcp()],
    ['sl651', sl651Splitter(), longReport()],
  ] as const) {
    const rate = (await splitRate(splitter, frame, effort)) * frame.length
    figures.push(atLeast(`splitter ${name}, frames of ${frame.length} bytes`, rate / MB, 'MB/s', 100))
  }
  for (const [name, splitter, frame] of [
    ['modbus-rtu', rtu(), shortRtu()],
    ['modbus-tcp', tcp(), shortTcp()],
    ['sl651', sl651Splitter(), heartbeat()],
    ['mt-sics', mtSics.splitter(), scaleLine()],
  ] as const)
    figures.push(
      atLeast(
        `splitter ${name}, frames of ${frame.length} bytes`,
        await splitRate(splitter, frame, effort),
        'frames/s',
        1_000_000,
      ),
    )
  return figures
}

/** Frames a second out of a stream without noise. */
function splitRate(splitter: Splitter<unknown>, frame: Uint8Array, effort: Effort): Promise<number> {
  const { stream, frames } = streamOf(frame)
  return rateOf(() => counted(splitter.push(stream).length, frames, frames), effort)
}
