import { decodeResponse, RtuSplitter, responseLength } from '#protocols/modbus'
import { type Effort, rateOf } from './rate.ts'
import { longRtu, READ } from './samples.ts'
import { counted, streamOf } from './stream.ts'

/** Answers of many registers a second: cut out of their stream, checked, taken apart into words. */
export function wordsRate(effort: Effort): Promise<number> {
  const { stream, frames } = streamOf(longRtu())
  const splitter = new RtuSplitter(responseLength)
  return rateOf(() => {
    let words = 0
    for (const { pdu } of splitter.push(stream)) {
      const response = decodeResponse(pdu, READ)
      if ('registers' in response) words += response.registers.length
    }
    return counted(words, frames * READ.count, frames)
  }, effort)
}
