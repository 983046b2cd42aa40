import { describe, expect, test } from 'vitest'
import { Decimal } from '#protocols/decimal'
import { provesCodec } from '#protocols/proof'
import { decodeMessage, encodeFrame, encodeMessage, SL651_PENDING_BYTES_MAX, sl651, sl651Splitter } from '#protocols/sl651'

const frameOf = (
  text: string,
  code = '32',
  more: { direction?: 'up' | 'down'; packets?: number; packet?: number } = {},
): Uint8Array =>
  encodeFrame({
    encoding: 'ascii',
    direction: 'up',
    centre: 1,
    station: '5010123456',
    password: '03E8',
    function: code,
    end: 'ETX',
    body: Buffer.from(text, 'latin1'),
    ...more,
  })
const said = (text: string, code?: string, more = {}): unknown =>
  JSON.parse(JSON.stringify(decodeMessage(frameOf(text, code, more))))

/** Function and body, as an independent public decoder (Rust, tests of its body parser) writes them. */
const bodies: readonly (readonly [string, string])[] = [
  ['2F', '0001260909080000'],
  ['32', '0001260909080000ST 5010123456 H TT 2609090800 Z 6.38 VT 12.50 '],
  ['33', '0002260910031500ST 5010123456 H TT 2609100315 Z 7.123 Q M ZT 00000018 VT 11.80 '],
  [
    '34',
    '0003260909090000ST 5010123456 H TT 2609090900 DRP 0102030405060708090A0B0C PT 12.5 DRZ1 00640065006600670068FFFF0069006A006B006C006D006E VT 12.00 ',
  ],
  ['31', '0004260909080000ST 5010123456 H TT 2609090800 DRN05 Z Q 6.30 12.5 6.35 12.6 '],
  ['31', '0005260909080000ST 5010123456 H TT 2609090800 DRH01 Z 6.30 M 6.35 '],
  ['35', '0005260909080000RGZS MSL 5010123456 202609090800 Z 6.4 '],
  ['36', '0006260909080000ST 5010123456 H TT 2609090800 PIC \xff\xd8\xff\xe0\x00\x10 \x00\xff\xd9 '],
  ['32', '0007260909080000TT 2609090800 Z 6.38 '],
  ['32', '0008260909080000TT 2609090800 NS 3 UC 8 '],
]

provesCodec({
  codec: sl651,
  frames: bodies.map(([code, text]) => Buffer.from(frameOf(text, code)).toString('hex')),
  isChecked: true,
  splitter: sl651Splitter,
  pendingMax: SL651_PENDING_BYTES_MAX,
})

test('an ASCII frame is the same in characters: two for each byte of the header, four for the CRC', () => {
  const bytes = frameOf('0001260909080000')
  const text = Buffer.from(bytes).toString('latin1')
  expect(text.slice(0, -4)).toBe('\x0101501012345603E8320010\x020001260909080000\x03')
  expect(text.slice(-4)).toMatch(/^[0-9A-F]{4}$/)
  expect(decodeMessage(bytes)).toMatchObject({
    encoding: 'ascii',
    centre: 1,
    station: '5010123456',
    password: '03E8',
    function: '32',
  })
})

describe('elements', () => {
  test('have their names, their decimals as written, and M where there is none', () => {
    expect(said(bodies[2]?.[1] ?? '', '33')).toMatchObject({
      serial: 2,
      sendTime: '260910031500',
      bodyStation: '5010123456',
      class: 'H',
      elements: [
        { id: '39', name: 'stage', unit: 'm', value: 7.123, decimals: 3, at: '2609100315' },
        { id: '27', value: null },
        { id: '45', hex: '00000018', status: { flow: 'alarm', quality: 'alarm', mains: 'ok' } },
        { id: '38', value: 11.8, decimals: 2 },
      ],
    })
  })

  test('of five minutes are hex digits, all F where there is none', () => {
    expect(said(bodies[3]?.[1] ?? '', '34')).toMatchObject({
      elements: [
        { id: 'F4', values: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2] },
        { id: '26', value: 12.5 },
        { id: 'F5', values: [1, 1.01, 1.02, 1.03, 1.04, null, 1.05, 1.06, 1.07, 1.08, 1.09, 1.1] },
        { id: '38', value: 12 },
      ],
    })
  })

  test('of a series stand in rows behind their names', () => {
    expect(said(bodies[4]?.[1] ?? '', '31')).toMatchObject({
      timeStep: '000005',
      elements: [
        { id: '39', values: [6.3, 6.35], decimals: 2, at: '2609090800' },
        { id: '27', values: [12.5, 12.6], decimals: 1, at: '2609090800' },
      ],
    })
    expect(said(bodies[5]?.[1] ?? '', '31')).toMatchObject({ timeStep: '000100', elements: [{ values: [6.3, null, 6.35] }] })
  })

  test('manual text and images are raw up to the last space', () => {
    expect(said(bodies[6]?.[1] ?? '', '35')).toMatchObject({
      elements: [{ id: 'F2', text: 'MSL 5010123456 202609090800 Z 6.4' }],
    })
    expect(said(bodies[7]?.[1] ?? '', '36')).toMatchObject({ class: 'H', elements: [{ id: 'F3', hex: 'FFD8FFE000102000FFD9' }] })
  })
})

/** Derived from the rules alone; what is kept of each is enough to write it again. */
test.each<[string, string, string, object, object]>([
  ['a user id', '32', 'FF02 1.5 ', { elements: [{ id: 'FF02', value: 1.5 }] }, {}],
  [
    'a value against the rules',
    '32',
    'Z 0006.38 VT +1 ',
    {
      elements: [
        { id: '39', text: '0006.38' },
        { id: '38', text: '+1' },
      ],
    },
    {},
  ],
  [
    'five-minute values that are none',
    '32',
    'DRP 0G DRZ1 001 ZT 12 ',
    { elements: [{ text: '0G' }, { text: '001' }, { text: '12' }] },
    {},
  ],
  ['a negative value', '32', 'AI -26.6 ', { elements: [{ id: '02', value: -26.6 }] }, {}],
  [
    'an unknown name',
    '32',
    'Z 6.38 XX 1 ',
    { elements: [{ id: '39' }], tail: Buffer.from('XX 1 ').toString('hex').toUpperCase() },
    {},
  ],
  ['a value without its space', '32', 'Z 6.38 VT 1', { elements: [{ id: '39' }], tail: '56542031' }, {}],
  ['a name without a value', '32', 'Z 6.38 VT ', { elements: [{ id: '39' }], tail: '565420' }, {}],
  ['a time that is none', '32', 'TT 26 ', { tail: '545420323620' }, {}],
  ['two times in a row', '32', 'TT 2609090800 TT 2609090800 Z 1 ', { tail: expect.stringMatching(/^5454/) }, {}],
  [
    'a station after an element',
    '32',
    'Z 1 ST 5010123456 H ',
    { elements: [{ id: '39' }], tail: expect.stringMatching(/^5354/) },
    {},
  ],
  ['manual text in Chinese', '35', 'RGZS \xcb\xae\xce\xbb ', { elements: [{ id: 'F2', text: '水位' }] }, {}],
  [
    'an image that goes on',
    '36',
    'PIC \xff\xd8',
    { elements: [{ id: 'F3', hex: 'FFD8', isOpen: true }] },
    { packets: 2, packet: 1 },
  ],
  ['an image of nothing yet', '36', 'PIC ', { elements: [{ id: 'F3', hex: '', isOpen: true }] }, { packets: 2, packet: 1 }],
  [
    'a series of hours',
    '31',
    'DRH00 DRP 00FF DRZ1 0001 ',
    { timeStep: '000000', elements: [{ values: [0, null] }, { values: [0.01] }] },
    {},
  ],
  ['a series of days', '31', 'DRD01 Z 1.0 ', { timeStep: '010000', elements: [{ values: [1] }] }, {}],
  ['a series of unlike decimals', '31', 'DRN05 Z 1.0 1.00 ', { elements: [{ values: [1, 1], text: '1.0 1.00' }] }, {}],
  ['a series without values', '31', 'DRN05 Z ', { timeStep: '000005', elements: [{ values: [] }] }, {}],
  [
    'a series with half a row',
    '31',
    'DRN05 Z Q 1.0 2.0 3.0 ',
    { elements: [{ values: [1] }, { values: [2] }], tail: '332E3020' },
    {},
  ],
  ['a series of nothing', '31', 'DRN05 1.0 ', { tail: expect.any(String) }, {}],
  ['hours of nothing', '31', 'DRH00 1.0 ', { tail: expect.any(String) }, {}],
  ['no time step', '31', 'DRN00 ', { tail: expect.any(String) }, {}],
  [
    'parameters',
    '41',
    'ST 5010123456 20 1 21 5 x',
    {
      bodyStation: '5010123456',
      parameters: [
        { id: '20', text: '1' },
        { id: '21', text: '5' },
      ],
      tail: '78',
    },
    {},
  ],
  ['a parameter without a value', '41', '20 1 21 ', { parameters: [{ id: '20', text: '1' }], tail: '323120' }, {}],
  ['element ids', '3A', 'Z FF02 ', { query: ['39', 'FF02'] }, { direction: 'down' }],
  ['no element ids', '3A', 'XX ', { tail: '585820' }, { direction: 'down' }],
  ['parameter ids', '41', '20 21 ', { query: ['20', '21'] }, { direction: 'down' }],
  [
    'two stations',
    '32',
    'ST 5010123456 H TT 2609090800 Z 1.0 ST 5010123457 H TT 2609090800 Z 2.0 ',
    { elements: [{ value: 1 }, { value: 2, station: '5010123457' }] },
    {},
  ],
])('keeps %s', (_, code, text, expected, more) => {
  const body = `0001260909080000${text}`
  const message = said(body, code, more)
  expect(message).toMatchObject(expected)
  expect(Buffer.from(sl651.encode?.(message) ?? [])).toEqual(Buffer.from(frameOf(body, code, more)))
})

test.each(['000126090908000', 'x001260909080000', '0001x60909080000'])('the body "%s" is malformed', (body) => {
  expect(() => said(body)).toThrow(expect.objectContaining({ code: 'malformed' }))
})

describe('what cannot be written', () => {
  const message = {
    encoding: 'ascii',
    direction: 'up',
    centre: 1,
    station: '5010123456',
    password: '1234',
    function: '32',
    serial: 1,
    sendTime: '260909080000',
    end: 'ETX',
  } as const
  test.each<readonly [string, object]>([
    ['an unknown element', { elements: [{ id: '7A', value: 1 }] }],
    ['an id of too many digits', { elements: [{ id: '3939', value: 1 }] }],
    ['no value', { elements: [{ id: '39' }] }],
    ['a text of two words', { elements: [{ id: '39', text: '1 2' }] }],
    ['a number beyond its decimals', { elements: [{ id: '38', value: 1.234 }] }],
    [
      'columns of unlike length',
      {
        function: '31',
        timeStep: '000005',
        elements: [
          { id: '39', values: [1] },
          { id: '38', values: [] },
        ],
      },
    ],
    ['a time step of two units', { function: '31', timeStep: '010100', elements: [{ id: '39', values: [1] }] }],
    ['a parameter without a text', { function: '41', parameters: [{ id: '20' }] }],
    ['no serial', { serial: undefined }],
  ])('%s', (_, part) => {
    expect(() => encodeMessage({ ...message, ...part })).toThrow(expect.objectContaining({ code: 'malformed' }))
  })

  test('but plain numbers take the decimals of the standard', () => {
    const bytes = encodeMessage({
      ...message,
      elements: [
        { id: '39', value: 6.3 },
        { id: '38', value: new Decimal(1250, 2) },
        { id: 'FF02', value: 1.5 },
        { id: '45', status: { ...STATUS_OK, mains: 'lost' } },
      ],
    })
    expect(Buffer.from(bytes).toString('latin1')).toContain('Z 6.300 VT 12.50 FF02 1.5 ZT 00000001 ')
  })
})

const STATUS_OK = {
  mains: 'ok',
  battery: 'ok',
  level: 'ok',
  flow: 'ok',
  quality: 'ok',
  flowMeter: 'ok',
  levelMeter: 'ok',
  cabinetDoor: 'open',
  memory: 'ok',
  icCard: 'off',
  pump: 'running',
  remainingVolume: 'ok',
} as const
