import { Type } from 'typebox'
import { type Codec, encoder, type Field } from '#protocols/codec'
import { decodeApdu, encodeApdu } from './apdu.ts'
import { decodeCardResponse, encodeCardResponse } from './card-response.ts'
import { hexOf } from './hex.ts'

const byte = Type.String({ pattern: '^[0-9A-Fa-f]{2}$' })
const hex = Type.String({ pattern: '^(?:[0-9A-Fa-f]{2})*$' })

const Command = Type.Object({
  cla: byte,
  ins: byte,
  p1: Type.Optional(byte),
  p2: Type.Optional(byte),
  data: Type.Optional(hex),
  le: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
  isExtended: Type.Optional(Type.Boolean()),
})

/** Commands to chip cards. */
export const iso7816Apdu: Codec = {
  name: 'iso-7816-apdu',
  title: 'Commands to chip cards and contactless cards (ISO/IEC 7816-4), short and extended',
  evidence: {
    sources: ['ISO/IEC 7816-4', 'PC/SC part 3', 'a published session with a bank card'],
    confirmed: 'GET DATA, SELECT, GET RESPONSE and READ RECORD are those of the session.',
    derived: 'Extended lengths follow the text of the standard; no capture was at hand.',
    missing:
      'Commands that carry a PIN or a key are refused as unsupported, and not shown. The files of the trade’s own cards are not public, so no command for them is here.',
  },
  decode(bytes) {
    const value = decodeApdu(bytes)
    return { value, fields: commandFields(bytes, value.instruction ?? value.ins, value.isExtended, value.data) }
  },
  encode: encoder(Command, ({ p1 = '00', p2 = '00', isExtended = false, ...command }) =>
    encodeApdu({ ...command, p1, p2, isExtended }),
  ),
}

const Response = Type.Object({
  data: Type.Optional(hex),
  uid: Type.Optional(hex),
  sw: Type.Optional(Type.String({ pattern: '^[0-9A-Fa-f]{4}$' })),
})

/** Answers of cards, as PC/SC readers hand them on. */
export const pcSc: Codec = {
  name: 'pc-sc',
  title: 'Answers of chip cards and contactless cards through PC/SC readers: data and status word',
  evidence: {
    sources: ['ISO/IEC 7816-4', 'PC/SC part 3', 'a published answer to GET DATA'],
    confirmed: 'The answer gives the card’s identifier of seven bytes and its status word.',
    derived: 'Data of 4, 5, 7, 8 or 10 bytes with 9000 are shown as an identifier too: an answer does not tell what was asked.',
    missing: 'What is in files and records is not interpreted.',
  },
  decode(bytes) {
    const value = decodeCardResponse(bytes)
    const end = bytes.length - 2
    const data = { from: 0, to: end, name: value.uid === undefined ? 'data' : 'UID', value: value.data }
    return { value, fields: [...(end > 0 ? [data] : []), { from: end, to: end + 2, name: 'status', value: value.meaning }] }
  },
  encode: encoder(Response, ({ data, uid = '', sw = '9000' }) => encodeCardResponse({ data: data ?? uid, sw })),
}

function commandFields(bytes: Uint8Array, instruction: string, isExtended: boolean, data = ''): Field[] {
  const length = data.length / 2
  const dataFrom = 4 + (isExtended ? 3 : 1)
  const said = (from: number, to: number, name: string, value = hexOf(bytes.subarray(from, to))): Field => ({
    from,
    to,
    name,
    value,
  })
  const fields = [said(0, 1, 'class'), said(1, 2, 'instruction', instruction), said(2, 3, 'P1'), said(3, 4, 'P2')]
  if (length > 0) fields.push(said(4, dataFrom, 'Lc'), said(dataFrom, dataFrom + length, 'data'))
  const leFrom = length > 0 ? dataFrom + length : 4
  return leFrom < bytes.length ? [...fields, said(leFrom, bytes.length, 'Le')] : fields
}
