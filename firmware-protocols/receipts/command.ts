import { type Static, Type } from 'typebox'
import { BARE, namesOf, OF_BYTE, OF_BYTES, OF_DOTS, OF_SIGNED_DOTS } from './command-tables.ts'

/** Most bytes that one command may have: an image of 58 mm paper, 40 cm long. */
export const COMMAND_BYTES_MAX = 256 * 1024
/** Longest run of text that is one command. */
export const TEXT_BYTES_MAX = 1024

export const SYMBOL_LEVELS = ['L', 'M', 'Q', 'H'] as const

const Byte = Type.Integer({ minimum: 0, maximum: 0xff })
const Word = Type.Integer({ minimum: 0, maximum: 0xffff })
const Hex = Type.String({ pattern: '^([0-9a-fA-F]{2})*$', maxLength: 2 * COMMAND_BYTES_MAX })
/** One character a byte. */
const Latin = Type.String({ pattern: '^[\\u0000-\\u00ff]*$', maxLength: TEXT_BYTES_MAX })
const PulseMs = Type.Integer({ minimum: 0, maximum: 510, multipleOf: 2 })

const Bare = Type.Object({ name: Type.Enum(namesOf(BARE)) })
/** What is beside `n` says it in words, and is not read again. */
const OfByte = Type.Object({
  name: Type.Enum(namesOf(OF_BYTE)),
  n: Byte,
  on: Type.Optional(Type.Boolean()),
  align: Type.Optional(Type.String()),
  width: Type.Optional(Type.Integer()),
  height: Type.Optional(Type.Integer()),
})
const OfBytes = Type.Object({ name: Type.Enum(namesOf(OF_BYTES)), n: Byte, m: Byte })
const OfDots = Type.Object({ name: Type.Enum(namesOf(OF_DOTS)), dots: Word })
const OfSignedDots = Type.Object({
  name: Type.Enum(namesOf(OF_SIGNED_DOTS)),
  dots: Type.Integer({ minimum: -0x8000, maximum: 0x7fff }),
})
/** `hex` is there, and counts, where `text` does not give these bytes again. */
const Text = Type.Object({ name: Type.Literal('text'), text: Type.String({ minLength: 1 }), hex: Type.Optional(Hex) })
/** DLE EOT; `a` for n = 7, 8 and 18. */
const StatusRequest = Type.Object({ name: Type.Literal('status-request'), n: Byte, a: Type.Optional(Byte) })
/** DLE DC4, a command that is obeyed at once: `function` 1 pulses the drawer. */
const RealTime = Type.Object({ name: Type.Literal('real-time'), function: Byte, parameters: Type.Array(Byte, { maxItems: 7 }) })
/** ESC p; `m` 0 is the connector's pin 2, 1 its pin 5. */
const Drawer = Type.Object({ name: Type.Literal('drawer'), m: Byte, on_ms: PulseMs, off_ms: PulseMs })
/** GS V; `n`, the feed in motion units, belongs to m = 65, 66 and above. `cut` says it in words. */
const Cut = Type.Object({
  name: Type.Literal('cut'),
  m: Byte,
  n: Type.Optional(Byte),
  cut: Type.Optional(Type.String()),
})
/** ESC D; columns counted from 1, rising. */
const Tabs = Type.Object({
  name: Type.Literal('tabs'),
  columns: Type.Array(Type.Integer({ minimum: 1, maximum: 0xff }), { maxItems: 32 }),
})
/** ESC *; columns of 8 or 24 dots. */
const BitImage = Type.Object({ name: Type.Literal('bit-image'), m: Byte, width: Word, data: Hex })
/** GS v 0; rows of `widthBytes` bytes, the first dot in the highest bit, 1 black. */
const Raster = Type.Object({ name: Type.Literal('raster'), m: Byte, widthBytes: Word, rows: Word, data: Hex })
/** GS k; a `type` below 65 ends in NUL, from 65 on it is preceded by its length. */
const Barcode = Type.Object({
  name: Type.Literal('barcode'),
  type: Byte,
  data: Latin,
  len: Type.Optional(Type.Integer()),
  symbology: Type.Optional(Type.String()),
})
/** GS ( k for QR: functions 165, 167, 169, 180, 181. */
const QrModel = Type.Object({ name: Type.Literal('qr-model'), model: Type.Enum([1, 2]) })
const QrSize = Type.Object({ name: Type.Literal('qr-size'), size: Byte })
const QrLevel = Type.Object({ name: Type.Literal('qr-level'), ec: Type.Enum([...SYMBOL_LEVELS]) })
/** `data` as UTF-8; `hex` instead where the bytes are not. */
const QrData = Type.Object({
  name: Type.Literal('qr-data'),
  data: Type.Optional(Type.String()),
  hex: Type.Optional(Hex),
})
const QrPrint = Type.Object({ name: Type.Literal('qr-print') })
/** Any other function of the families ESC (, FS ( and GS (, whose length is said: GS ( k of other symbols, GS ( L images, … */
const Extended = Type.Object({
  name: Type.Literal('extended'),
  family: Type.Enum(['ESC', 'FS', 'GS']),
  letter: Type.String({ pattern: '^[!-~]$' }),
  data: Hex,
})
/** A command that is carried with all of its bytes, but not read. */
const Opaque = Type.Object({ name: Type.Literal('opaque'), hex: Hex })

const SCHEMAS = [
  ...[Bare, OfByte, OfBytes, OfDots, OfSignedDots],
  ...[Text, StatusRequest, RealTime, Drawer, Cut, Tabs, BitImage, Raster, Barcode],
  ...[QrModel, QrSize, QrLevel, QrData, QrPrint, Extended, Opaque],
] as const

/** One ESC/POS command. Numbers are as in the command reference, times in ms; bytes are hex. */
export type Command = Static<(typeof SCHEMAS)[number]>
export type CommandName = Command['name']

/** The schema that a command of this name must fit. */
export function schemaOf(name: string): (typeof SCHEMAS)[number] | undefined {
  return SCHEMAS.find(({ properties }) => {
    const own = properties.name
    return 'const' in own ? own.const === name : (own.enum as readonly string[]).includes(name)
  })
}
