import { type Static, Type } from 'typebox'

/** Parts of one job. */
export const PARTS_MAX = 1000
/** Characters of text in one part. */
export const PART_TEXT_MAX = 4000
/** Rows of one image: 15 cm at 8 dots/mm. */
export const IMAGE_ROWS_MAX = 1200

/** Columns of the normal font (12 dots each) and dots (8 to the mm) that paper of this width has. */
export const PAPERS = {
  58: { columns: 32, dots: 384 },
  80: { columns: 48, dots: 576 },
} as const

const Align = Type.Optional(Type.Enum(['left', 'center', 'right']))
const Scale = Type.Optional(Type.Integer({ minimum: 1, maximum: 8 }))
const Flag = Type.Optional(Type.Boolean())
const Shown = Type.String({ maxLength: PART_TEXT_MAX })
/** Dots of the narrowest bar or of a module of a QR code. */
const Module = (maximum: number) => Type.Optional(Type.Integer({ minimum: 1, maximum }))
const BarcodeLook = {
  align: Align,
  module: Module(6),
  /** Dots; 64 if it is not given. */
  height: Type.Optional(Type.Integer({ minimum: 1, maximum: 255 })),
  /** Whether it is printed in digits below. */
  shown: Flag,
}

const Look = { align: Align, bold: Flag, underline: Flag, invert: Flag, width: Scale, height: Scale }
/** Text of one or more lines; a line too long for the paper goes on in the next. */
const Text = Type.Object({ part: Type.Literal('text'), text: Shown, ...Look })
/** Cells beside each other, each wrapped in its own width; what has none shares what is left. A Chinese character is two columns wide. */
const Columns = Type.Object({
  part: Type.Literal('columns'),
  cells: Type.Array(Type.Object({ text: Shown, width: Type.Optional(Type.Integer({ minimum: 1, maximum: 48 })), align: Align }), {
    minItems: 1,
    maxItems: 8,
  }),
  bold: Flag,
})
/** Stored as UTF-8, which phones expect. Level M if it is not given; a module of 6 dots, or fewer where the paper is too narrow for them. */
const Qr = Type.Object({
  part: Type.Literal('qr'),
  data: Type.String({ minLength: 1, maxLength: 1000 }),
  level: Type.Optional(Type.Enum(['L', 'M', 'Q', 'H'])),
  module: Module(16),
  align: Align,
})
const Code128 = Type.Object({ part: Type.Literal('code128'), data: Type.String({ pattern: '^[ -~]{1,80}$' }), ...BarcodeLook })
/** Twelve digits, or thirteen of which the last must be the check. */
const Ean13 = Type.Object({ part: Type.Literal('ean13'), data: Type.String({ pattern: '^[0-9]{12,13}$' }), ...BarcodeLook })
/** One bit a dot, 1 black; each row in whole bytes, the first dot in the highest bit; `data` as hex. */
const Image = Type.Object({
  part: Type.Literal('image'),
  width: Type.Integer({ minimum: 1, maximum: PAPERS[80].dots }),
  data: Type.String({ pattern: '^([0-9a-fA-F]{2})+$', maxLength: (2 * IMAGE_ROWS_MAX * PAPERS[80].dots) / 8 }),
  align: Align,
})
/** A line across the paper, of one character. */
const Rule = Type.Object({ part: Type.Literal('rule'), character: Type.Optional(Type.String({ minLength: 1, maxLength: 2 })) })
const Feed = Type.Object({ part: Type.Literal('feed'), lines: Type.Integer({ minimum: 1, maximum: 20 }) })
/** The paper is fed to the cutter first. */
const Cut = Type.Object({ part: Type.Literal('cut'), cut: Type.Enum(['full', 'partial']) })
/** Opens the drawer at pin 2 or 5 of the connector; 100 ms on, 500 ms off if they are not given. */
const PulseMs = Type.Optional(Type.Integer({ minimum: 2, maximum: 510, multipleOf: 2 }))
const Drawer = Type.Object({ part: Type.Literal('drawer'), pin: Type.Enum([2, 5]), onMs: PulseMs, offMs: PulseMs })

export const Part = Type.Union([Text, Columns, Qr, Code128, Ean13, Image, Rule, Feed, Cut, Drawer])
export type Part = Static<typeof Part>

/** What to print, whatever the printer: plain data, as it is kept in a journal. */
export const Job = Type.Object({
  /** Width of the paper in mm. */
  paper: Type.Enum([58, 80]),
  parts: Type.Array(Part, { maxItems: PARTS_MAX }),
})
export type Job = Static<typeof Job>
export type Align = 'left' | 'center' | 'right'
