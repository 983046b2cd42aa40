/** Every state a page may show. Each has its own colour, its own shape, and a word that the page gives. */
export const MARKS = [
  'red',
  'orange',
  'yellow',
  'blue',
  'offline',
  'no-data',
  'suspect',
  'maintenance',
  'no-threshold',
  'normal',
] as const
export type Mark = (typeof MARKS)[number]
