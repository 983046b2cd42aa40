import { type Static, type TProperties, Type } from 'typebox'
import { Duration } from './duration.ts'
import { FrameExample } from './frame-example.ts'
import { Named } from './named.ts'
import { heading, strict } from './profile-heading.ts'

/** Protocols a scale may speak. */
export const SCALE_PROTOCOLS = [
  'mt-sics',
  'toledo-8217',
  'toledo-continuous',
  'nci-ecr',
  'cas-pos',
  'cas-22',
  'elicom',
  'and',
  'st-gs',
  'xk3190',
  'xk3190-text',
  'hid-scale',
  'adam',
  'delmac',
  'dahua-tm-label-scale',
] as const
export const SCANNER_PROTOCOLS = ['hid-keyboard', 'hid-barcode', 'serial-barcode'] as const
export const PRINTER_PROTOCOLS = ['esc-pos', 'tspl'] as const
export const DISPLAY_PROTOCOLS = ['led-digit-display-xunpeng', 'sluice-terminal'] as const
export const RATING_PROTOCOLS = ['sluice-terminal', 'hid-keyboard'] as const

/** How a device can be reached; which of them, a site says. */
const ways = {
  line: Type.Optional(
    Type.Object(
      {
        baud: Type.Integer({ minimum: 300, maximum: 921_600, default: 9600 }),
        dataBits: Type.Enum([7, 8], { default: 8 }),
        parity: Type.Enum(['none', 'even', 'odd'], { default: 'none' }),
        stopBits: Type.Enum([1, 2], { default: 1 }),
      },
      { ...strict, description: 'its serial settings as it leaves the factory; without it there is no serial port' },
    ),
  ),
  tcp: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, description: 'its TCP port' })),
  usb: Type.Optional(
    Type.Array(
      Type.Object(
        {
          vendor: Type.Integer({ minimum: 0, maximum: 65_535 }),
          product: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535, description: 'without it any of the vendor' })),
        },
        strict,
      ),
      { minItems: 1, maxItems: 32, description: 'how it names itself on USB' },
    ),
  ),
}

const Scale = Type.Object(
  {
    protocol: Type.Enum([...SCALE_PROTOCOLS]),
    ask: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        description: 'what asks for a weight, a character a byte, as "SI\\r\\n"; without it the scale sends by itself',
      }),
    ),
    every: Type.Optional(Duration({ description: 'how often it is asked' })),
    unit: Type.Optional(Type.String({ minLength: 1, maxLength: 8, description: 'as kg, where the protocol does not say it' })),
    capacity: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'the most it weighs, in the unit' })),
    division: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'its smallest step, in the unit' })),
  },
  { ...strict, description: 'a scale' },
)

const Scanner = Type.Object(
  {
    protocol: Type.Enum([...SCANNER_PROTOCOLS]),
    suffix: Type.Optional(
      Type.Enum(['enter', 'tab', 'ctrl-shift-j', 'cr', 'cr-lf', 'lf', 'etx', 'none'], {
        description: 'what ends a code as it leaves the factory',
      }),
    ),
  },
  { ...strict, description: 'a reader of barcodes' },
)

const millimetres = (description: string) => Type.Number({ exclusiveMinimum: 0, maximum: 1000, description })

const Printer = Type.Object(
  {
    protocol: Type.Enum([...PRINTER_PROTOCOLS]),
    columns: Type.Optional(Type.Integer({ minimum: 10, maximum: 200, description: 'narrow characters on a line' })),
    dots: Type.Integer({ minimum: 64, maximum: 4000, description: 'across the paper' }),
    encoding: Type.Enum(['gb18030', 'ascii', 'windows-1252', 'cp437'], { description: 'of text' }),
    codepage: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 255, description: 'number that ESC t selects for the encoding; without it none is' }),
    ),
    cutter: Type.Boolean({ default: false }),
    drawer: Type.Boolean({ default: false, description: 'a cash drawer can be plugged in' }),
    status: Type.Boolean({ default: false, description: 'it answers when asked for its paper and its cover' }),
    label: Type.Optional(
      Type.Object(
        {
          width: millimetres('mm'),
          height: millimetres('mm'),
          gap: Type.Number({ minimum: 0, maximum: 100, description: 'mm' }),
        },
        strict,
      ),
    ),
  },
  { ...strict, description: 'a printer of receipts or labels' },
)

const Display = Type.Object(
  {
    protocol: Type.Enum([...DISPLAY_PROTOCOLS]),
    digits: Type.Optional(Type.Integer({ minimum: 1, maximum: 32, description: 'of one that shows a number only' })),
  },
  { ...strict, description: 'a display of numbers or tickets' },
)

const Rating = Type.Object(
  {
    protocol: Type.Enum([...RATING_PROTOCOLS]),
    keys: Type.Optional(
      Named('^[0-9A-Za-z]$', Type.Integer({ minimum: 1, maximum: 5 }), {
        minProperties: 1,
        maxProperties: 36,
        description: 'which grade a key means, 5 being very satisfied; without it the protocol says the grade',
      }),
    ),
  },
  { ...strict, description: 'a terminal on which people rate a service' },
)

const modelOf = <S extends TProperties>(section: S) =>
  Type.Object({ ...heading, ...section, ...ways, examples: Type.Array(FrameExample, { minItems: 1, maxItems: 50 }) }, strict)

export const ScaleProfile = modelOf({ scale: Scale })
export type ScaleProfile = Static<typeof ScaleProfile>
export const ScannerProfile = modelOf({ scanner: Scanner })
export type ScannerProfile = Static<typeof ScannerProfile>
export const PrinterProfile = modelOf({ printer: Printer })
export type PrinterProfile = Static<typeof PrinterProfile>
export const DisplayProfile = modelOf({ display: Display })
export type DisplayProfile = Static<typeof DisplayProfile>
export const RatingProfile = modelOf({ rating: Rating })
export type RatingProfile = Static<typeof RatingProfile>
