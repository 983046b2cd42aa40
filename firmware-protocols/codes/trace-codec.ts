import { Type } from 'typebox'
import { type Codec, encoder, type Field } from '#protocols/codec'
import { ProtocolError } from '#protocols/error'
import { bytesOfCode, codeText, malformed } from './text.ts'
import { buildTraceCode, readTraceCode, type TraceCode } from './trace-code.ts'
import { BATCH_16, TRACE_LAYOUTS, type TraceLayout } from './trace-layout.ts'

const SOURCES = [
  'SB/T 10680-2012 (title only)',
  'program text of the Guangzhou trace platform',
  'Ministry of Agriculture, order 67 of 2006',
  'ISO/IEC 7064',
]

const Trace = Type.Object({
  text: Type.Optional(Type.String({ minLength: 1 })),
  layout: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  fields: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Integer({ minimum: 0 })]))),
})

/** Trace codes of any layout that is known. */
export const traceCode = traceCodec(TRACE_LAYOUTS)

/** The codec of the layouts that a city uses. */
export function traceCodec(layouts: readonly TraceLayout[]): Codec {
  return {
    name: 'trace-code',
    title: 'Trace codes of food trade and livestock: batch, sale, ear tag; a code of unknown layout is kept whole',
    evidence: {
      sources: SOURCES,
      confirmed:
        'The batch code of 9 + 7 digits is that of a platform in use; the ear tag of 1 + 6 + 8 digits is that of the regulation.',
      derived:
        'The split of codes of 20 digits (13 + 7) and of 15 digits (6 + 9) is concluded, not confirmed; drug codes have 20 digits too, and only the trade tells them apart, so a length of several layouts decodes to all of them.',
      missing: 'The text of SB/T 10680-2012, so no digit is checked but where a layout has check digits of its own.',
    },
    decode(bytes) {
      const value = readTraceCode(codeText(bytes), layouts)
      return { value, fields: fieldsOf(value) }
    },
    encode: encoder(Trace, ({ text, layout, fields }) => {
      if (!layout) return bytesOfCode(readTraceCode(text ?? malformed('a text or a layout', ''), layouts).text)
      const found = layouts.find(({ name }) => name === layout)
      if (found === undefined)
        throw new ProtocolError(
          'unsupported',
          `expected layout ${layouts.map(({ name }) => name)}, got ${layout}`,
          new Uint8Array(),
        )
      return bytesOfCode(buildTraceCode(found, fields ?? {}))
    }),
  }
}

const Batch = Type.Object({ node9: Type.String(), serial7: Type.Union([Type.String(), Type.Integer({ minimum: 0 })]) })

/** The batch code alone, under the name of its scheme. */
export const chinaMeatVegTraceability: Codec = {
  name: 'china-meat-veg-traceability',
  title: 'Batch code of the meat and vegetable trade: the node of 9 digits and its ledger’s serial of 7',
  evidence: {
    sources: SOURCES.slice(0, 2),
    confirmed: 'The split of 9 + 7 digits is that of a platform in use.',
    derived: 'The node’s first six digits are a region of GB/T 2260.',
    missing: 'The code has no check digit, so a wrong digit is not found.',
  },
  decode(bytes) {
    const text = codeText(bytes)
    if (/^\d{1,15}$/.test(text)) throw new ProtocolError('truncated', `expected 16 digits, got ${text.length}`, bytes)
    const code = readTraceCode(text, [BATCH_16])
    const { node9 = '', serial7 = '' } = code.fields ?? malformed(`16 digits, got ${JSON.stringify(text)}`, text)
    return { value: { text, region6: node9.slice(0, 6), node9, serial7 }, fields: fieldsOf(code) }
  },
  encode: encoder(Batch, (value) => bytesOfCode(buildTraceCode(BATCH_16, value))),
}

function fieldsOf({ text, fields }: TraceCode): Field[] {
  const parts: Field[] = []
  let from = 0
  for (const [name, value] of Object.entries(fields ?? {})) {
    parts.push({ from, to: from + value.length, name, value })
    from += value.length
  }
  return from < text.length
    ? [...parts, { from, to: text.length, name: from === 0 ? 'code' : 'check', value: text.slice(from) }]
    : parts
}
