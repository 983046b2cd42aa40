import { mod11And10, mod97And10 } from './iso-7064.ts'

/** A field of digits in a trace code. */
export interface TraceField {
  readonly name: string
  readonly digits: number
}

/** How a kind of trace code is laid out: data, so that a city's own goes into a table of the caller. */
export interface TraceLayout {
  readonly name: string
  /** In the order of the code; together with the check digits they are the whole of it. */
  readonly fields: readonly TraceField[]
  /** What its last digit, or last two, check (ISO/IEC 7064). */
  readonly check: 'MOD 11,10' | 'MOD 97,10' | 'none'
  /** What its first digits may be, where that is fixed. */
  readonly startsWith?: readonly string[]
  readonly source: string
  /** Whether the source is the layout's own text or code; else it is a conclusion. */
  readonly isConfirmed: boolean
}

/** The batch code of meat and vegetables: the node that booked the batch first, and the serial of its ledger. */
export const BATCH_16: TraceLayout = {
  name: 'batch-16',
  fields: [
    { name: 'node9', digits: 9 },
    { name: 'serial7', digits: 7 },
  ],
  check: 'none',
  source: 'program text of the Guangzhou trace platform; the text of SB/T 10680-2012 was not at hand',
  isConfirmed: true,
}

/** A trace code of an operator's sale. */
export const OPERATOR_20: TraceLayout = {
  name: 'operator-20',
  fields: [
    { name: 'operator13', digits: 13 },
    { name: 'serial7', digits: 7 },
  ],
  check: 'none',
  source: 'length seen in Qingdao; the split is concluded from operator codes of 13 digits',
  isConfirmed: false,
}

/** A drug's trace code: same length as `operator-20`, another scheme; only the trade tells them apart. */
export const DRUG_20: TraceLayout = {
  name: 'drug-20',
  fields: [
    { name: 'product7', digits: 7 },
    { name: 'serial13', digits: 13 },
  ],
  check: 'none',
  source: 'descriptions of the drug trace code; its last digits are cipher and check, which are not public',
  isConfirmed: false,
}

/** A trade's trace code of 15 digits. */
export const TRADE_15: TraceLayout = {
  name: 'trade-15',
  fields: [
    { name: 'region6', digits: 6 },
    { name: 'rest9', digits: 9 },
  ],
  check: 'none',
  source: 'length seen in Shanghang; that it begins with a region of GB/T 2260 is concluded from the other codes',
  isConfirmed: false,
}

/** The ear tag of a pig (1), a head of cattle (2) or a sheep (3). */
export const ANIMAL_15: TraceLayout = {
  name: 'animal-15',
  fields: [
    { name: 'species1', digits: 1 },
    { name: 'county6', digits: 6 },
    { name: 'serial8', digits: 8 },
  ],
  check: 'none',
  startsWith: ['1', '2', '3'],
  source: 'Ministry of Agriculture, order 67 of 2006 on livestock identification and breeding records',
  isConfirmed: true,
}

/** The code on this system's receipts: its own, no standard's. One check digit, so the serial has six. */
export const RECEIPT_20: TraceLayout = {
  name: 'receipt-20',
  fields: [
    { name: 'region6', digits: 6 },
    { name: 'node3', digits: 3 },
    { name: 'operator4', digits: 4 },
    { name: 'serial6', digits: 6 },
  ],
  check: 'MOD 11,10',
  source: 'this system’s own',
  isConfirmed: true,
}

/** As `receipt-20` with two check digits, which also find every exchange of neighbours; the serial has seven. */
export const RECEIPT_22: TraceLayout = {
  name: 'receipt-22',
  fields: [
    { name: 'region6', digits: 6 },
    { name: 'node3', digits: 3 },
    { name: 'operator4', digits: 4 },
    { name: 'serial7', digits: 7 },
  ],
  check: 'MOD 97,10',
  source: 'this system’s own',
  isConfirmed: true,
}

/** All layouts that are known, by length. Where two have one length, only a table of the caller's tells them apart. */
export const TRACE_LAYOUTS: readonly TraceLayout[] = [ANIMAL_15, TRADE_15, BATCH_16, OPERATOR_20, DRUG_20, RECEIPT_20, RECEIPT_22]

/** Digits of a code of this layout. */
export function traceLength(layout: TraceLayout): number {
  return layout.fields.reduce((sum, { digits }) => sum + digits, CHECKS[layout.check].digits)
}

/** The check digits that stand behind these digits; empty for a layout without. */
export function traceCheck(layout: TraceLayout, digits: string): string {
  return CHECKS[layout.check].of(digits)
}

const CHECKS: Readonly<Record<TraceLayout['check'], { readonly digits: number; readonly of: (digits: string) => string }>> = {
  'MOD 11,10': { digits: 1, of: mod11And10 },
  'MOD 97,10': { digits: 2, of: mod97And10 },
  none: { digits: 0, of: () => '' },
}
