import { type Static, type TProperties, Type } from 'typebox'

/** Dots to the mm of a label printer of 203 dpi. */
export const DOTS_PER_MM = 8
/** Longest text on a label, in characters. */
export const LABEL_TEXT_MAX = 1000
/** Bytes of one picture: a label of 108 × 200 mm at 203 dpi. */
export const BITMAP_BYTES_MAX = 256 * 1024

const Dots = Type.Integer({ minimum: -9999, maximum: 65535 })
const Count = Type.Integer({ minimum: 0, maximum: 65535 })
const Rotation = Type.Enum([0, 90, 180, 270])
const Length = Type.Number({ minimum: 0, maximum: 10_000 })
/** Of SIZE and GAP: without a unit TSPL means inches. */
const Unit = Type.Enum(['mm', 'inch', 'dot'])
/** No control characters: they would end the command. */
const Quoted = Type.String({ pattern: '^[^\\u0000-\\u001f\\u007f]*$', maxLength: LABEL_TEXT_MAX })

/** One command: its parameters in their order. */
const form = <N extends string, P extends TProperties>(name: N, properties: P) =>
  Type.Object({ name: Type.Literal(name), ...properties })

/** Places and sizes are in dots, rotations in degrees clockwise. */
const FORMS = [
  form('SIZE', { width: Length, height: Length, unit: Unit }),
  form('GAP', { gap: Length, offset: Length, unit: Unit }),
  form('CLS', {}),
  /** `font` is TSS24.BF2 for Chinese; scales are factors of the font's size. */
  form('TEXT', { x: Dots, y: Dots, font: Quoted, rotation: Rotation, xScale: Count, yScale: Count, text: Quoted }),
  /** `type` is 128, EAN13, 39, …; `readable` 0 none, 1 left, 2 centred, 3 right; bars in dots. */
  form('BARCODE', {
    ...{ x: Dots, y: Dots, type: Quoted, height: Count, readable: Type.Enum([0, 1, 2, 3]) },
    ...{ rotation: Rotation, narrow: Count, wide: Count, text: Quoted },
  }),
  /** `mode` A for automatic, M for manual; `cell` dots a module. */
  form('QRCODE', {
    ...{ x: Dots, y: Dots, level: Type.Enum(['L', 'M', 'Q', 'H']), cell: Count, mode: Type.Enum(['A', 'M']), rotation: Rotation },
    text: Quoted,
  }),
  /** So many sets of so many copies. */
  form('PRINT', { sets: Count, copies: Type.Optional(Count) }),
  form('DIRECTION', { direction: Type.Enum([0, 1]), mirror: Type.Optional(Type.Enum([0, 1])) }),
  /** Inches a second. */
  form('SPEED', { speed: Length }),
  form('DENSITY', { density: Type.Integer({ minimum: 0, maximum: 15 }) }),
  form('REFERENCE', { x: Dots, y: Dots }),
  form('BAR', { x: Dots, y: Dots, width: Count, height: Count }),
  form('BOX', { x: Dots, y: Dots, xEnd: Dots, yEnd: Dots, thickness: Count }),
  /** `mode` 0 overwrites, 1 is OR, 2 XOR. `data` as hex: rows of whole bytes, 0 is black. */
  form('BITMAP', {
    ...{ x: Dots, y: Dots, widthBytes: Count, height: Count, mode: Type.Enum([0, 1, 2]) },
    data: Type.String({ pattern: '^([0-9a-fA-F]{2})*$', maxLength: 2 * BITMAP_BYTES_MAX }),
  }),
] as const

/** One TSPL command. */
export type TsplCommand = Static<(typeof FORMS)[number]>

/** The schema of the command of that name, whose properties stand in the order of the parameters. */
export function formOf(name: string): (typeof FORMS)[number] | undefined {
  return FORMS.find(({ properties }) => properties.name.const === name)
}
