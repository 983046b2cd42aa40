import type { LetterView } from './api/views.ts'
import { csv } from './csv.ts'
import type { Format } from './format.ts'

/** Ranges as people write them: `7–8, 12`; of many only the first, and that there are more. */
export function seqText(seqs: LetterView['seqs'], rangesMax = 3): string {
  const shown = seqs.slice(0, rangesMax).map(([first, last]) => (first === last ? String(first) : `${first}–${last}`))
  return [...shown, ...(seqs.length > rangesMax ? ['…'] : [])].join(', ')
}

/** Dead letters as CSV, a row each, with what came as it came. */
export function letterCsv(letters: readonly LetterView[], format: Format): string {
  const time = (at: number | null) => (at === null ? null : format.iso(at))
  const head = [
    'time',
    'kind',
    'gateway',
    'epoch',
    'lane',
    'seqs',
    'rows',
    'device',
    'point',
    'from',
    'to',
    'why',
    'topic',
    'sample',
    'bytes_hex',
  ]
  const rows = letters.map((letter) => [
    ...[
      time(letter.at),
      letter.kind,
      letter.gateway,
      letter.epoch,
      letter.lane,
      seqText(letter.seqs, letter.seqs.length).replaceAll('–', '-'),
    ],
    ...[
      letter.count,
      letter.device,
      letter.point,
      time(letter.from),
      time(letter.to),
      letter.why,
      letter.topic,
      letter.sample,
      letter.bytes,
    ],
  ])
  return csv([head, ...rows])
}

/** Bytes in hex, two digits a byte with a space between. */
export const spacedHex = (hex: string): string => hex.replaceAll(/../g, '$& ').trimEnd()

/** A row as it came, laid out for reading; what is no JSON stays as it is. */
export function laidOut(sample: string): string {
  try {
    return JSON.stringify(JSON.parse(sample), null, 2)
  } catch {
    return sample
  }
}
