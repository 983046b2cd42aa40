import type { Mark } from '../ui/index.ts'
import type { LetterKind } from './api/views.ts'

/** Alert colours say what people are to do about water: these take the quiet marks of data. */
export const LETTER_MARKS: Readonly<Record<LetterKind, Mark>> = {
  refused: 'suspect',
  unreadable: 'suspect',
  parked: 'suspect',
  damaged: 'no-data',
  epoch: 'offline',
  loss: 'no-data',
}
