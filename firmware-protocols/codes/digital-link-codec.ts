import { Type } from 'typebox'
import { type Codec, encoder, type Field } from '#protocols/codec'
import { type DigitalLink, decodeDigitalLink, encodeDigitalLink } from './digital-link.ts'
import { bytesOfCode, codeText } from './text.ts'

const Link = Type.Object({
  aim: Type.Optional(Type.String({ pattern: '^\\][A-Za-z][0-9A-Za-z]$' })),
  stem: Type.String(),
  elements: Type.Optional(Type.Record(Type.String({ pattern: '^\\d{2,4}$' }), Type.String())),
  items: Type.Optional(Type.Array(Type.Object({ ai: Type.String({ pattern: '^\\d{2,4}$' }), value: Type.String() }))),
  parameters: Type.Optional(Type.Array(Type.Object({ name: Type.String(), value: Type.Optional(Type.String()) }))),
  fragment: Type.Optional(Type.String()),
})

/** GS1 Digital Link URIs. */
export const gs1DigitalLink: Codec = {
  name: 'gs1-digital-link',
  title: 'GS1 Digital Link: a web address that holds a GTIN, a batch, a serial number',
  evidence: {
    sources: ['GS1 Digital Link Standard: URI Syntax', 'GS1 Syntax Dictionary', 'public test data of the GS1 Syntax Engine'],
    confirmed:
      'Keys, qualifiers and attributes decode as the Syntax Engine’s own tests say; a GTIN of 13 digits is refused unless the caller allows it.',
    derived: 'The query may hold no primary key and none of its qualifiers, as their place is the path.',
    missing: 'Compressed links and the names of the first version (`gtin`, `lot`) are not read.',
  },
  decode(bytes) {
    const text = codeText(bytes)
    const value = decodeDigitalLink(text)
    return { value, fields: fieldsOf(text, value) }
  },
  encode: encoder(Link, (value) => bytesOfCode(encodeDigitalLink(value))),
}

function fieldsOf(text: string, { aim, stem, items }: DigitalLink): Field[] {
  const from = aim?.length ?? 0
  const pathFrom = from + stem.length
  const pathTo = pathFrom + text.slice(pathFrom).search(/[?#]|$/)
  const queryTo = pathTo + text.slice(pathTo).search(/#|$/)
  return [
    { from: 0, to: from, name: 'symbology', value: aim ?? '' },
    { from, to: pathFrom, name: 'stem', value: stem },
    { from: pathFrom, to: pathTo, name: 'key and qualifiers', value: items.map(({ ai, value }) => `(${ai})${value}`).join('') },
    { from: pathTo, to: queryTo, name: 'query', value: text.slice(pathTo, queryTo) },
    { from: queryTo, to: text.length, name: 'fragment', value: text.slice(queryTo) },
  ].filter((field) => field.to > field.from)
}
