import { Type } from 'typebox'
import { type Codec, encoder, type Field } from '#protocols/codec'
import { bytesOfCode, codeText } from './text.ts'
import { decodeVariable, encodeVariable, PRICE_28_29, type VariableLayout, variableLayoutOf } from './variable-ean13.ts'

const Variable = Type.Object({
  prefix: Type.String({ pattern: '^\\d{2,3}$' }),
  item: Type.String({ pattern: '^\\d{1,10}$' }),
  value: Type.Integer({ minimum: 0, maximum: 9_999_999_999 }),
})

/** In-store EAN-13 with a price in them, in one common layout. */
export const ean13Variable = variableCodec([PRICE_28_29])

/** The codec of a shop's own layouts. */
export function variableCodec(layouts: readonly VariableLayout[]): Codec {
  return {
    name: 'ean13-variable',
    title: 'In-store EAN-13 that hold an item and its price or weight, as label scales print them',
    evidence: {
      sources: ['GS1 General Specifications, 7.9', 'public test data of the Snabble app (17 real codes)'],
      confirmed: 'Item, price, the check digit of the price and that of the code are those of real codes.',
      derived: 'The check digit of a value of four digits is taken from the text of the standard; no real code was at hand.',
      missing: 'The layout is a setting of each shop: without it only prices under prefixes 28 and 29 are read.',
    },
    decode(bytes) {
      const text = codeText(bytes)
      const value = decodeVariable(text, layouts)
      return { value, fields: fieldsOf(text, variableLayoutOf(text, layouts).layout) }
    },
    encode: encoder(Variable, (value) => bytesOfCode(encodeVariable(value, layouts))),
  }
}

function fieldsOf(text: string, { itemFrom, itemDigits, hasValueCheck, meaning }: VariableLayout): Field[] {
  const itemTo = itemFrom + itemDigits
  const valueFrom = itemTo + (hasValueCheck ? 1 : 0)
  const parts: readonly (readonly [number, number, string])[] = [
    [0, itemFrom, 'prefix'],
    [itemFrom, itemTo, 'item'],
    [itemTo, valueFrom, `check of the ${meaning}`],
    [valueFrom, 12, meaning],
    [12, 13, 'check'],
  ]
  return parts.filter(([from, to]) => to > from).map(([from, to, name]) => ({ from, to, name, value: text.slice(from, to) }))
}
