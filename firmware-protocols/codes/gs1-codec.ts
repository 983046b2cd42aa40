import { Type } from 'typebox'
import { type Codec, encoder, type Field } from '#protocols/codec'
import { encodeGs1, type PlacedGs1Code, placeGs1 } from './gs1.ts'
import { bytesOfCode, codeText } from './text.ts'

const Gs1 = Type.Object({
  symbology: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  aim: Type.Optional(Type.String({ pattern: '^\\][A-Za-z][0-9A-Za-z]$' })),
  gtin: Type.Optional(Type.String({ pattern: '^\\d{8,14}$' })),
  addOn: Type.Optional(Type.String({ pattern: '^\\d{2,5}$' })),
  elements: Type.Optional(Type.Record(Type.String({ pattern: '^\\d{2,4}$' }), Type.String())),
  items: Type.Optional(Type.Array(Type.Object({ ai: Type.String({ pattern: '^\\d{2,4}$' }), value: Type.String() }))),
  human: Type.Optional(Type.String()),
})

/** GS1 element strings and the plain numbers of EAN and ITF symbols. */
export const gs1: Codec = {
  name: 'gs1',
  title: 'GS1 codes as readers send them: GS1-128, DataBar, GS1 DataMatrix, GS1 QR, EAN-13, EAN-8, ITF-14',
  evidence: {
    sources: [
      'GS1 General Specifications',
      'GS1 Syntax Dictionary',
      'ISO/IEC 15424',
      'public test data of the GS1 Syntax Engine',
    ],
    confirmed: 'Element strings with and without separator, EAN-13 and EAN-8 decode as the Syntax Engine’s own tests say.',
    derived:
      'The digits of ISO 3166 and ISO 4217 are taken as they are. The century of a date needs to know the year, so dates stay the six digits of the code; `gs1Date` gives the day.',
    missing:
      'Identifiers 14, 18, 19, 04 and most of 43nn, 70nn, 71n, 72nn, 811n are not in the table and are refused as unsupported; which identifiers must stand together is not judged.',
  },
  decode(bytes) {
    const text = codeText(bytes)
    const placed = placeGs1(text)
    return { value: placed.code, fields: fieldsOf(placed) }
  },
  encode: encoder(Gs1, (value) => bytesOfCode(encodeGs1(value))),
}

function fieldsOf({ code, places }: PlacedGs1Code): Field[] {
  const { aim, symbology, gtin, addOn } = code
  const front = aim ? [{ from: 0, to: aim.length, name: 'symbology', value: symbology ?? aim }] : []
  const end = places.at(-1)?.to ?? 0
  return [
    ...front,
    ...places.map(({ element, from, to }) => ({
      from,
      to,
      name: gtin ? 'GTIN' : `(${element.ai}) ${element.title}`,
      value: gtin ?? element.value,
    })),
    ...(addOn ? [{ from: end, to: end + addOn.length, name: 'add-on', value: addOn }] : []),
  ]
}
