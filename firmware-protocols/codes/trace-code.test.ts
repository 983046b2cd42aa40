import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ANIMAL_15,
  BATCH_16,
  buildTraceCode,
  chinaMeatVegTraceability,
  OPERATOR_20,
  RECEIPT_20,
  RECEIPT_22,
  readTraceCode,
  TRACE_CODE_LENGTH_MAX,
  TRACE_LAYOUTS,
  traceCode,
  traceCodec,
  traceLength,
} from '#protocols/codes'
import { bytesOf, provesCodec, vectorsOf } from '#protocols/proof'

const refusal = (code: string) => expect.objectContaining({ code })
const hex = (text: string): string => Buffer.from(text).toString('hex')

const BATCH = '4401060000014401'
const receipt = buildTraceCode(RECEIPT_20, { region6: '370700', node3: 1, operator4: '0001', serial6: 123 })

provesCodec({
  codec: traceCode,
  values: fc.record({ text: fc.stringMatching(/^[A-Za-z0-9-]{1,14}$/) }),
  frames: [BATCH, '440106000001440', '12345678901234567890', '144010612345678', 'ABC-1', '123', receipt].map(hex),
  cut: 'any',
  isChecked: false,
})
provesCodec({
  codec: traceCodec([RECEIPT_20, RECEIPT_22]),
  values: fc.record({
    layout: fc.constant('receipt-22'),
    fields: fc.record({
      region6: fc.constant('370700'),
      node3: fc.constant('001'),
      operator4: fc.constant('0001'),
      serial7: fc.stringMatching(/^\d{7}$/),
    }),
  }),
  frames: [hex(receipt)],
  cut: 'any',
  isChecked: false,
})
provesCodec({
  codec: chinaMeatVegTraceability,
  values: fc.record({ node9: fc.stringMatching(/^\d{9}$/), serial7: fc.stringMatching(/^\d{7}$/) }),
  frames: [hex(BATCH)],
  isChecked: false,
})

test.each(vectorsOf('china-meat-veg-traceability'))('$protocol: $name', (vector) => {
  expect(chinaMeatVegTraceability.decode(bytesOf(vector)).value).toMatchObject(vector.facts ?? {})
  expect(traceCode.decode(bytesOf(vector)).value).toMatchObject({ layout: 'batch-16', fields: vector.facts })
})

describe('a batch code', () => {
  test('is built from its node and its serial', () => {
    expect(buildTraceCode(BATCH_16, { node9: '440106000', serial7: 14401 })).toBe(BATCH)
    expect(new TextDecoder().decode(chinaMeatVegTraceability.encode?.({ node9: '440106000', serial7: 14401 }))).toBe(BATCH)
  })

  test('of another length or with letters is refused', () => {
    const decode = (text: string) => () => chinaMeatVegTraceability.decode(Buffer.from(text))
    expect(decode('44010600000144012')).toThrow(refusal('malformed'))
    expect(decode('440106000001440A')).toThrow(refusal('malformed'))
  })
})

describe('a trace code', () => {
  test('that fits several layouts is read by all and decided by none', () => {
    const code = readTraceCode('12345678901234567890')
    expect(code).toMatchObject({ length: 20, layout: null })
    expect(code.fields).toBeUndefined()
    expect(code.readings.slice(0, 2)).toEqual([
      { layout: 'operator-20', fields: { operator13: '1234567890123', serial7: '4567890' }, isConfirmed: false },
      { layout: 'drug-20', fields: { product7: '1234567', serial13: '8901234567890' }, isConfirmed: false },
    ])
  })

  test('is read by the table of the caller', () => {
    expect(readTraceCode('12345678901234567890', [OPERATOR_20])).toMatchObject({
      layout: 'operator-20',
      fields: { serial7: '4567890' },
    })
    expect(readTraceCode('440106000001440')).toMatchObject({
      layout: 'trade-15',
      fields: { region6: '440106', rest9: '000001440' },
    })
    expect(readTraceCode('144010612345678', [ANIMAL_15])).toMatchObject({
      layout: 'animal-15',
      fields: { species1: '1', county6: '440106', serial8: '12345678' },
    })
  })

  test('of no layout is kept whole', () => {
    const whole = { length: 5, layout: null, readings: [] }
    expect(readTraceCode('00123')).toEqual({ text: '00123', ...whole })
    expect(readTraceCode('A-123')).toEqual({ text: 'A-123', ...whole })
    expect(readTraceCode(BATCH, [])).toMatchObject({ text: BATCH, layout: null })
  })

  test('of a receipt holds its check digits', () => {
    expect(receipt).toBe('37070000100010001235')
    expect(readTraceCode(receipt, [RECEIPT_20])).toMatchObject({ layout: 'receipt-20', readings: [{ check: receipt.slice(19) }] })
    const wrong = receipt.slice(0, 19) + ((Number(receipt[19]) + 1) % 10)
    expect(() => readTraceCode(wrong, [RECEIPT_20])).toThrow(refusal('checksum'))
  })

  test('is nothing, too long or not visible and then refused', () => {
    expect(() => readTraceCode('')).toThrow(refusal('truncated'))
    expect(() => readTraceCode('1'.repeat(TRACE_CODE_LENGTH_MAX + 1))).toThrow(refusal('malformed'))
    expect(() => readTraceCode('12 34')).toThrow(refusal('malformed'))
    expect(() => traceCode.encode?.({})).toThrow(refusal('malformed'))
  })

  test('is not built of what does not fit', () => {
    const node9 = '440106000'
    expect(() => buildTraceCode(BATCH_16, { node9 })).toThrow(refusal('malformed'))
    expect(() => buildTraceCode(BATCH_16, { node9, serial7: 10_000_000 })).toThrow(refusal('malformed'))
    expect(() => buildTraceCode(BATCH_16, { node9, serial7: '1' })).toThrow(refusal('malformed'))
    expect(() => buildTraceCode(ANIMAL_15, { species1: 4, county6: '440106', serial8: 1 })).toThrow(refusal('malformed'))
    expect(() => traceCode.encode?.({ layout: 'batch-17', fields: {} })).toThrow(refusal('unsupported'))
    expect(() => traceCode.encode?.({ layout: 'batch-16' })).toThrow(refusal('malformed'))
  })
})

test('a layout is as long as its name says', () => {
  for (const layout of TRACE_LAYOUTS) expect(String(traceLength(layout))).toBe(layout.name.split('-')[1])
})
