import { type Codec, encoder, type Field } from '#protocols/codec'
import { sl651Element } from './element-codec.ts'
import { decodeFrame, type Frame } from './frame.ts'
import { functionInfo } from './functions.ts'
import { encodeMessage, readMessage } from './message-codec.ts'
import { MessageSchema } from './schema.ts'

/** Whole frames of both encodings. */
export const sl651: Codec = {
  name: 'sl651',
  title: 'Hydrological stations after SL 651-2014, HEX and ASCII frames',
  evidence: {
    sources: [
      'SL 651-2014, Data transmission protocol for hydrological monitoring',
      'github.com/yu-xiaoyao/sl651-2014-server',
      'github.com/novrain/SL-0x028B',
      'github.com/handsomestWei/sl651-2014',
    ],
    confirmed:
      'HEX frames both ways, their CRC, addresses, time and station marks, element lengths, missing and negative values, five-minute and uniform series, packets, basic parameters and the answers of a centre agree with more than forty published frames.',
    derived:
      'ASCII frames follow the rules of the standard; no frame of a real station was found, but the bodies in the tests of an independent public decoder read the same. What goes down in ASCII, the switches of functions 4C to 4E, the version of 45 and the run parameters follow the rules alone.',
    missing:
      'In ASCII the bodies of functions 38 (question), 45, 4C to 4F and 50 are kept as they are. The frames that publishers changed afterwards, and whose CRC therefore fails, are refused as they have to be.',
  },
  decode(bytes) {
    const frame = decodeFrame(bytes)
    const fields = headerFields(frame)
    const bodyAt = frame.body.byteOffset - bytes.byteOffset
    const value = readMessage(frame, (from, to, name, said) => {
      if (to > from) fields.push({ from: bodyAt + from, to: bodyAt + to, name, value: said })
    })
    const endAt = bodyAt + frame.body.length
    fields.push(
      { from: endAt, to: endAt + 1, name: 'end', value: frame.end },
      { from: endAt + 1, to: bytes.length, name: 'CRC', value: 'holds' },
    )
    return { value, fields: fields.sort((one, other) => one.from - other.from) }
  },
  encode: encoder(MessageSchema, encodeMessage),
}

export const codecs: readonly Codec[] = [sl651, sl651Element]

function headerFields(frame: Frame): Field[] {
  const { direction, packets, packet } = frame
  const width = frame.encoding === 'hex' ? 1 : 2
  const centre = ['centre', 1, String(frame.centre)] as const
  const station = ['station', 5, frame.station] as const
  const parts = [
    ...(direction === 'up' ? [centre, station] : [station, centre]),
    ['password', 2, frame.password],
    ['function', 1, `${frame.function} ${functionInfo(Number.parseInt(frame.function, 16))?.use ?? ''}`],
    ['length', 2, direction],
  ] as const
  let at = width === 1 ? 2 : 1
  const fields: Field[] = [{ from: 0, to: at, name: 'start', value: frame.encoding }]
  for (const [name, count, value] of parts) {
    fields.push({ from: at, to: at + count * width, name, value })
    at += count * width
  }
  fields.push({ from: at, to: at + 1, name: 'body', value: packets === undefined ? 'STX' : 'SYN' })
  if (packets !== undefined)
    fields.push({ from: at + 1, to: at + 1 + 3 * width, name: 'packet', value: `${packet} of ${packets}` })
  return fields
}
