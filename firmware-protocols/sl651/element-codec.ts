import { Type } from 'typebox'
import { type Codec, encoder, type Field } from '#protocols/codec'
import { ProtocolError } from '#protocols/error'
import { ByteWriter } from './byte-writer.ts'
import { RAIN_SERIES, STATION, TIME, USER } from './element.ts'
import { elementInfo } from './element-table.ts'
import { isToTheEnd, secondOf, writeElement } from './hex-element.ts'
import { MARK_BYTES, writeMark } from './hex-marks.ts'
import { hexOf, refuse } from './hex-text.ts'
import { HexWalk } from './hex-walk.ts'
import { Marks } from './marks.ts'
import { ElementSchema } from './schema.ts'

const Digits = Type.String({ pattern: '^[0-9A-Fa-f]{10}$' })
const Schema = Type.Union([Type.Object({ obsTime: Digits }), Type.Object({ bodyStation: Digits }), ElementSchema])

/** One element or mark of a HEX body by itself: what a person finds in a manual. */
export const sl651Element: Codec = {
  name: 'sl651-element',
  title: 'One element of an SL 651-2014 HEX body, as manuals print them',
  evidence: {
    sources: ['SL 651-2014, annex C', 'github.com/novrain/SL-0x028B'],
    confirmed: 'Numbers, times and the five-minute series agree with the assertions of a public test suite.',
    derived: 'All other elements follow the rule of the definition byte.',
  },
  decode(bytes) {
    const length = lengthOf(bytes)
    if (length === undefined) throw new ProtocolError('unsupported', 'expected an element of the standard or of a user', bytes)
    if (bytes.length < length) throw new ProtocolError('truncated', `expected ${length} bytes, got ${bytes.length}`, bytes)
    if (bytes.length > length) throw new ProtocolError('malformed', `expected ${length} bytes, got ${bytes.length}`, bytes)
    const marks = new Marks()
    const fields: Field[] = []
    new HexWalk(bytes, 0, false, marks, (from, to, name, value) => fields.push({ from, to, name, value })).walk(false)
    const [element] = marks.elements
    const said = hexOf(bytes, 2)
    if (bytes[0] === TIME) return { value: { obsTime: said, day: Number(said.slice(4, 6)) }, fields }
    if (bytes[0] === STATION) return { value: { bodyStation: said }, fields }
    const { values } = element ?? {}
    return { value: { ...element, ...(values && (bytes[0] === RAIN_SERIES ? { mm: values } : { m: values })) }, fields }
  },
  encode: encoder(Schema, (value) => {
    const writer = new ByteWriter()
    if ('obsTime' in value) writeMark(writer, TIME, value.obsTime)
    else if ('bodyStation' in value) writeMark(writer, STATION, value.bodyStation)
    else writeElement(writer, value, false)
    const bytes = writer.written()
    if (lengthOf(bytes) === undefined) refuse('expected an element of the standard or of a user')
    return bytes
  }),
}

/** Bytes of the element that begins here, as far as its beginning is there; undefined where none begins. */
function lengthOf(bytes: Uint8Array): number | undefined {
  const [leader, second = leader] = bytes
  if (leader === undefined || leader === TIME || leader === STATION) return second === leader ? MARK_BYTES : undefined
  if (isToTheEnd(leader)) return bytes.length < 2 || second === secondOf(leader) ? Math.max(2, bytes.length) : undefined
  const head = leader === USER ? 3 : 2
  if (leader !== USER && elementInfo(leader) === undefined) return undefined
  return head + ((bytes[head - 1] ?? 0) >> 3)
}
