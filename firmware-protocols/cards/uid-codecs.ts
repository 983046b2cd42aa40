import { Type } from 'typebox'
import { type Codec, encoder } from '#protocols/codec'
import { asciiOf } from './hex.ts'
import {
  decodeKeyboardCard,
  encodeKeyboardCard,
  KEYBOARD_CARD_BYTES_MAX,
  KEYBOARD_CARD_FORMS,
  type KeyboardCardOptions,
} from './keyboard-card.ts'
import { decodeSerialCard, encodeSerialCard, LINE_ENDS, SERIAL_CARD_FORMS } from './serial-card.ts'
import { BYTE_ORDERS, type ByteOrder } from './uid.ts'

const uid = Type.String({ pattern: '^(?:[0-9A-Fa-f]{2}){4,10}$' })
const byteOrderType = Type.Optional(Type.Union(BYTE_ORDERS.map((order) => Type.Literal(order))))

const Serial = Type.Object({
  uid,
  form: Type.Optional(Type.Union(SERIAL_CARD_FORMS.map((form) => Type.Literal(form)))),
  end: Type.Optional(Type.Union(LINE_ENDS.map((end) => Type.Literal(end)))),
  byteOrder: byteOrderType,
})

/** Card readers on a serial line. */
export const serialCard = serialCardCodec()

/** The codec of readers whose lines have another byte order. */
export function serialCardCodec(byteOrder: ByteOrder = 'msb-first'): Codec {
  return {
    name: 'serial-card',
    title: 'Card readers on a serial line: EM4100 frames with STX and check, lines of hex or of ten digits',
    evidence: {
      sources: ['data sheets of RDM6300 and ID-12 readers, as commonly described'],
      confirmed: 'Nothing: no capture of a reader was at hand.',
      derived:
        'The frame with STX, ten digits, their XOR and ETX is that of the data sheets; the lines are what readers commonly send.',
      missing:
        'Lines do not tell whether their ten digits are decimal or hex, nor which byte is first: both are settings. Nothing but the identifier is read from a card.',
    },
    decode(bytes) {
      const value = decodeSerialCard(bytes, byteOrder)
      const from = bytes[0] === STX_BYTE || bytes[0] === LF_BYTE ? 1 : 0
      const to = from + digitsFrom(bytes, from)
      return { value, fields: [{ from, to, name: 'card', value: value.uid }] }
    },
    encode: encoder(Serial, (card) =>
      encodeSerialCard({ ...card, form: card.form ?? 'hex', byteOrder: card.byteOrder ?? byteOrder }),
    ),
  }
}

const Keyboard = Type.Object({
  uid,
  form: Type.Optional(Type.Union(KEYBOARD_CARD_FORMS.map((form) => Type.Literal(form)))),
  byteOrder: byteOrderType,
})

/** Card readers that are keyboards. */
export const keyboardCard = keyboardCardCodec()

/** The codec of readers with these settings. */
export function keyboardCardCodec(options: KeyboardCardOptions = {}): Codec {
  return {
    name: 'keyboard-card',
    title: 'Card readers that are USB keyboards: the text they type, ten digits or hex',
    evidence: {
      sources: ['operating manuals of such readers, as commonly described'],
      confirmed: 'Nothing: no capture of a reader was at hand.',
      derived: 'Ten digits are the number of 32 bits that is printed on cards; the byte order is a setting, for readers differ.',
      missing: 'Of cards with seven bytes, ten digits hold four only. The form with a comma (3 and 5 digits) is not read.',
    },
    decode(bytes) {
      const text = asciiOf(bytes, KEYBOARD_CARD_BYTES_MAX)
      const value = decodeKeyboardCard(text, options)
      return { value, fields: [{ from: 0, to: bytes.length, name: 'card', value: value.uid }] }
    },
    encode: encoder(Keyboard, ({ form = options.form ?? 'hex', byteOrder = options.byteOrder ?? 'msb-first', ...card }) =>
      new TextEncoder().encode(encodeKeyboardCard({ ...card, form, byteOrder })),
    ),
  }
}

const STX_BYTE = 0x02
const LF_BYTE = 0x0a

/** Length of the digits from there on. */
function digitsFrom(bytes: Uint8Array, from: number): number {
  const end = bytes.subarray(from).findIndex((byte) => byte < 0x20)
  return end < 0 ? bytes.length - from : end
}
