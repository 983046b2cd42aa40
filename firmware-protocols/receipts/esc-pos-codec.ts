import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { type Codec, encoder } from '#protocols/codec'
import { ProtocolError } from '#protocols/error'
import { type Command, schemaOf } from './command.ts'
import { encodeEscPos, readJob } from './esc-pos.ts'
import { Job } from './job.ts'
import { printJob } from './print-job.ts'

/** Codec of print jobs in ESC/POS, as Chinese-market receipt printers take them. Also encodes a `Job`, which knows no printer. */
export const escPos: Codec = {
  name: 'esc-pos',
  title: 'ESC/POS print jobs of receipt printers, Chinese text in GB 18030',
  evidence: {
    sources: [
      "Epson's ESC/POS command reference",
      'ReceiptPrinterEncoder, its tests (github.com/NielsLeenheer/ReceiptPrinterEncoder)',
      'escpos 3.0.0-alpha.6; KevinGong2013/Printer 5.1.1; qzind/tray issue 285',
    ],
    confirmed:
      'Seventeen published command sequences decode to what their sources say and encode to the same bytes, and the jobs that an independent encoder writes are read whole.',
    derived:
      'Text between FS & and FS . is read as GB 18030, as which FS & enters Kanji mode on Chinese-market models; a printer is taken to boot in that mode, and so to print Chinese without any ESC t.',
    missing:
      'National character sets (ESC R), user-defined characters and page mode are carried and not shown in the text. GS ( functions other than those of QR, and graphics, are carried as bytes. A real printer also obeys DLE commands that stand within the bytes of an image; here they are the image. Whether a model has the glyphs of the GBK extension beyond GB 2312 cannot be told from here.',
  },
  decode: (bytes) => {
    const { commands, text, fields } = readJob(bytes)
    return { value: { commands, text }, fields }
  },
  encode: (value, side) => (isJob(value) ? encodeJob(value, side) : encodeCommands(value, side)),
}

const encodeJob = encoder(Job, (job) => printJob(job).bytes)

const encodeCommands = encoder(
  Type.Object({ commands: Type.Array(Type.Object({ name: Type.String() }), { minItems: 1 }) }),
  ({ commands }) => encodeEscPos(commands.map(commandOf)),
)

function isJob(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'parts' in value
}

function commandOf(value: { name: string }, index: number): Command {
  const schema = schemaOf(value.name)
  if (schema === undefined)
    throw new ProtocolError('malformed', `expected a command at /commands/${index}/name, got ${value.name}`, new Uint8Array())
  if (Value.Check(schema, value)) return value
  const [first] = Value.Errors(schema, value)
  throw new ProtocolError('malformed', `expected /commands/${index}${first?.instancePath}: ${first?.message}`, new Uint8Array())
}
