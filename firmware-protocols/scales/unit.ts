/**
 * What scales count in. Taels differ between cities, so that none has a mass here; `ton` is the short ton of 2000 lb.
 */
export const UNITS = [
  ...['mg', 'g', 'kg', 't', 'ct', 'jin', 'liang'],
  ...['lb', 'oz', 'ozt', 'dwt', 'grain', 'ton', 'tael'],
  ...['pcs', '%'],
] as const satisfies readonly string[]
export type Unit = (typeof UNITS)[number]

/** Other ways in which devices write them, in lower case. */
const ALIASES: Readonly<Record<string, Unit>> = {
  kgs: 'kg',
  lbs: 'lb',
  tn: 'ton',
  tl: 'tael',
  gn: 'grain',
  pc: 'pcs',
  斤: 'jin',
  市斤: 'jin',
  两: 'liang',
  兩: 'liang',
  克: 'g',
  千克: 'kg',
  公斤: 'kg',
  吨: 't',
}

/**
 * The unit that a device wrote, in any case and padded or not; Chinese ones in GB 18030.
 * @param text characters of one byte each, as in `latin1`
 * @returns undefined for one that is not known
 */
export function unitOf(text: string): Unit | undefined {
  const trimmed = text.trim()
  const word = (
    /^[\x20-\x7e]*$/.test(trimmed) ? trimmed : new TextDecoder('gb18030').decode(Buffer.from(trimmed, 'latin1'))
  ).toLowerCase()
  return UNITS.find((unit) => unit === word) ?? (Object.hasOwn(ALIASES, word) ? ALIASES[word] : undefined)
}
