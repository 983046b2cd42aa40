import { describe, expect, test } from 'vitest'
import { Decimal } from '#protocols/decimal'
import { bytesOf, vectorsOf } from '#protocols/proof'
import { decodeMessage, encodeFrame, encodeMessage, type Message, type MessageInput, sl651, stationOf } from '#protocols/sl651'

const HEAD = '0001260909080000'
const envelope = {
  encoding: 'hex',
  direction: 'up',
  centre: 1,
  station: '0012345678',
  password: '1234',
  function: '32',
  end: 'ETX',
} as const
const frameOf = (hex: string, code = '32', more = {}): Uint8Array =>
  encodeFrame({ ...envelope, function: code, body: Buffer.from(HEAD + hex, 'hex'), ...more })
const vector = (name: string): Message =>
  decodeMessage(bytesOf(vectorsOf('sl651').find((one) => one.name === name) ?? { name, protocol: 'sl651', source: '' }))
const A = 'F1F1001234567848'
const B = 'F1F1001234567950'
const AT = 'F0F02609090800'

/** Derived from the rules, but where a comment says otherwise; what is kept of each is enough to write it again. */
test.each<[string, string, string, object, object]>([
  // A field body published with an independent public decoder.
  [
    'free and user ids',
    `F1F1002609080148${AT}381212077A0831FFA0110307`,
    '34',
    {
      elements: [
        { id: '38', value: 12.07 },
        { id: '7A', value: 31 },
        { id: 'FFA0', value: 30.7 },
      ],
    },
    {},
  ],
  [
    'a negative number with an even and an odd count of digits',
    '0211FF120219FF0266391AFF0123',
    '32',
    { elements: [{ value: -1.2 }, { value: -26.6 }, { value: -1.23 }] },
    {},
  ],
  ['digits that are none', '38121A00', '32', { elements: [{ id: '38', hex: '1A00' }] }, {}],
  ['a negative zero', '0219FF0000', '32', { elements: [{ hex: 'FF0000' }] }, {}],
  ['a lone sign of one byte as missing', '0208FF', '32', { elements: [{ value: null }] }, {}],
  ['more digits than a number has', '2748999999999999999999', '32', { elements: [{ hex: '999999999999999999' }] }, {}],
  ['an element of no bytes', '3800', '32', { elements: [{ id: '38', hex: '' }] }, {}],
  [
    'five-minute values of no bytes',
    'F402F500',
    '32',
    {
      elements: [
        { id: 'F4', hex: '' },
        { id: 'F5', hex: '' },
      ],
    },
    {},
  ],
  ['a five-minute stage of an odd length', 'F508FF', '32', { elements: [{ id: 'F5', hex: 'FF' }] }, {}],
  ['a status word of another length', '45080F', '32', { elements: [{ id: '45', hex: '0F' }] }, {}],
  ['a time step that is no series', '041800000F', '32', { elements: [{ id: '04', hex: '00000F' }] }, {}],
  ['a doubled free id', `${AT}38121207797901`, '32', { elements: [{ id: '38' }], tail: '797901' }, {}],
  ['a free id that is too long', '7A4011223344556677889900', '32', { tail: '7A4011223344556677889900' }, {}],
  ['a mark that no element follows', `38121207${AT}`, '32', { elements: [{ id: '38' }], tail: AT }, {}],
  ['a mark cut short', '38121207F0F026', '32', { elements: [{ id: '38' }], tail: 'F0F026' }, {}],
  ['an id cut short', '3812120738', '32', { tail: '38' }, {}],
  ['a value cut short', '381212', '32', { tail: '381212' }, {}],
  ['two times in a row', `${AT}${AT}38121207`, '32', { tail: `${AT}${AT}38121207` }, {}],
  ['a time said again', `${AT}38121207${AT}38121207`, '32', { elements: [{ value: 12.07 }, { value: 12.07, again: 'at' }] }, {}],
  ['a station without a class', `F1F10012345678${AT}38121207`, '32', { bodyStation: '0012345678', elements: [{ id: '38' }] }, {}],
  ['a class that is no letter', 'F1F1001234567801190801', '32', { class: '01' }, {}],
  ['a station at the end', 'F1F10012345678', '32', { bodyStation: '0012345678' }, {}],
  ['a station after an element', `38121207${A}`, '32', { tail: A }, {}],
  [
    'several stations of a relay',
    `${A}${AT}38121207${B}${AT}38121100${A}${AT}38121000`,
    '32',
    {
      class: 'H',
      bodyStation: '0012345678',
      elements: [{ value: 12.07 }, { value: 11, station: '0012345679', class: 'P' }, { value: 10 }],
    },
    {},
  ],
  [
    'a station said again',
    `${A}${AT}38121207${A}${AT}38121100`,
    '32',
    { elements: [{ value: 12.07 }, { value: 11, again: 'station' }] },
    {},
  ],
  ['two stations in a row', `${A}38121207${B}${A}38121207`, '32', { elements: [{ value: 12.07 }], tail: `${B}${A}38121207` }, {}],
  ['a later station without a class', `${A}38121207F1F10012345679`, '32', { tail: 'F1F10012345679' }, {}],
  // Images of a station were published with the time in front.
  [
    'a time in front of the station',
    `${AT}${A}F3F3FFD8`,
    '36',
    { isTimeFirst: true, class: 'H', elements: [{ id: 'F3', hex: 'FFD8', at: '2609090800' }] },
    { packets: 2, packet: 1 },
  ],
  [
    'times in front of stations',
    `${AT}${A}38121207${AT}${B}38121207`,
    '32',
    { isTimeFirst: true, elements: [{ at: '2609090800' }, { station: '0012345679', at: '2609090800' }] },
    {},
  ],
  ['a time in front of a station, and nothing', `${AT}${A}`, '32', { tail: `${AT}${A}` }, {}],
  ['manual text in Chinese', 'F2F2CBAECEBB', '35', { elements: [{ id: 'F2', text: '水位' }] }, {}],
  ['manual text that is none', 'F2F2FF', '35', { elements: [{ id: 'F2', hex: 'FF' }] }, {}],
  ['a leader of text that is not doubled', 'F208FF', '35', { tail: 'F208FF' }, {}],
  ['a flow batch', 'FDF60102', '32', { elements: [{ id: 'FD', hex: '0102' }] }, {}],
  [
    'a series of hours of rain',
    `0418000000F460${'0A'.repeat(24)}`,
    '31',
    { timeStep: '000000', elements: [{ values: Array(24).fill(1) }] },
    {},
  ],
  [
    'a series with half a value',
    '04180000053812120711',
    '31',
    { timeStep: '000005', elements: [{ values: [12.07] }], tail: '11' },
    {},
  ],
  [
    'a series of digits that are none',
    '041800000538121A001207',
    '31',
    { timeStep: '000005', elements: [{ hex: '1A001207' }] },
    {},
  ],
  ['a series of no bytes', '04180000053800', '31', { timeStep: '000005', elements: [{ hex: '' }] }, {}],
  ['a series of nothing', '0418000005', '31', { elements: [{ id: '04', hex: '000005' }] }, {}],
  [
    'a period',
    '260908082609090804180001003923FF0219',
    '38',
    { period: { from: '26090808', to: '26090908' }, timeStep: '000100', query: ['3923', 'FF0219'] },
    { direction: 'down', end: 'ENQ' },
  ],
  [
    'a period of the wrong step',
    '26090808260909083923',
    '38',
    { period: { from: '26090808', to: '26090908' }, tail: '3923' },
    { direction: 'down', end: 'ENQ' },
  ],
  ['half a period', '260908', '38', { tail: '260908' }, { direction: 'down', end: 'ENQ' }],
  ['an id of one byte', '392338', '3A', { query: ['3923'], tail: '38' }, { direction: 'down', end: 'ENQ' }],
  ['a version', '0456312E30', '45', { version: 'V1.0' }, {}],
  ['a version that is no text', '01FF', '45', { tail: '01FF' }, {}],
  ['a version cut short', '0456', '45', { tail: '0456' }, {}],
  ['pump switches', '020180', '4C', { switches: [true, ...Array(14).fill(false), true] }, {}],
  [
    'gates',
    '03050120FFFF0000',
    '4E',
    {
      gates: [
        { isOpen: true, openingCm: 120 },
        { isOpen: false, openingCm: null },
        { isOpen: true, openingCm: 0 },
      ],
    },
    {},
  ],
  ['gates with a bit too many', '01020120', '4E', { tail: '01020120' }, {}],
  ['gates with digits that are none', '010101A0', '4E', { tail: '010101A0' }, {}],
  ['fixed-quantity control off', '00', '4F', { isFixedQuantity: false }, { direction: 'down', end: 'ENQ' }],
  ['fixed-quantity control of another byte', '01', '4F', { tail: '01' }, { direction: 'down', end: 'ENQ' }],
  ['events cut short', '0001', '50', { tail: '0001' }, {}],
  ['what an acknowledgement should not have', '00', '32', { tail: '00' }, { direction: 'down', end: 'EOT' }],
  [
    'an element in a command',
    'F1F1001234567845200000',
    '4B',
    { bodyStation: '0012345678', tail: '45200000' },
    { direction: 'down', end: 'ENQ' },
  ],
])('keeps %s', (_, hex, code, expected, more) => {
  const bytes = frameOf(hex, code, more)
  const said = JSON.parse(JSON.stringify(decodeMessage(bytes)))
  expect(said).toMatchObject(expected)
  expect(Buffer.from(sl651.encode?.(said) ?? []).toString('hex')).toBe(Buffer.from(bytes).toString('hex'))
})

test('a frame that goes down tells its own address order, one that says it goes up does not', () => {
  expect(vector('up 50 event record')).toMatchObject({
    direction: 'up',
    centre: 0,
    station: '1122334405',
    end: 'ENQ',
    events: { historyInitialised: 0x1111, parametersChanged: 0x2222, sendError: 0x9999, reserved32: 0 },
  })
})

test('the status word has words, and two of its bits are no alarms', () => {
  const status = { mains: 'ok', battery: 'ok', cabinetDoor: 'open', pump: 'stopped' }
  expect(vector('up 46 status/alarm reply').elements).toMatchObject([{ id: '45', hex: '00000400', status }])
})

test('vendor ids end the walk and not the frame', () => {
  const { elements, tail } = vector('up 34 field frame with vendor-private ids 7979/7D7D/F9F9')
  expect(elements?.map(({ id }) => id)).toEqual(['F4', '26', 'F5', '39', '20', '04'])
  expect(tail).toMatch(/^7979021149.*38121207$/)
})

test('the published weather station reads as its source says, its CRC apart', () => {
  const frame = bytesOf(
    vectorsOf('sl651').find(({ name }) => name.includes('negative temperature')) ?? { name: '', protocol: '', source: '' },
  )
  const { elements } = decodeMessage(encodeFrame({ ...envelope, function: '37', body: frame.subarray(14, frame.length - 3) }))
  expect(elements?.slice(0, 6).map(({ id }) => id)).toEqual(['F4', 'F5', '26', '20', '1A', '39'])
})

test('whose an element is, is said by it, by the body, or by the frame', () => {
  const said = decodeMessage(frameOf(`${A}${AT}38121207${B}${AT}38121100`))
  expect(said.elements?.map((element) => stationOf(said, element))).toEqual(['0012345678', '0012345679'])
  expect(stationOf(decodeMessage(frameOf('38121207')), { id: '38' })).toBe('0012345678')
})

describe('functions', () => {
  test('that the standard keeps for itself are unsupported', () => {
    for (const code of ['00', '2E', '3B', '3F', '52', 'DF']) {
      const unsupported = expect.objectContaining({ code: 'unsupported' })
      expect(() => decodeMessage(frameOf('', code))).toThrow(unsupported)
      expect(() => encodeMessage({ ...envelope, function: code, serial: 1, sendTime: '260909080000' })).toThrow(unsupported)
    }
  })

  test('of users keep their body as it is', () => {
    const bytes = frameOf('01', 'E0')
    expect(decodeMessage(bytes)).toMatchObject({ function: 'E0', data: `${HEAD}01` })
    expect(encodeMessage(decodeMessage(bytes))).toEqual(bytes)
  })

  test('have bodies that begin with a serial and a send time', () => {
    const short = encodeFrame({ ...envelope, body: new Uint8Array(7) })
    expect(() => decodeMessage(short)).toThrow(expect.objectContaining({ code: 'malformed' }))
  })
})

describe('what cannot be written is malformed:', () => {
  const message: MessageInput = { ...envelope, serial: 1, sendTime: '260909080000' }
  test.each<[string, object]>([
    ['no serial', { serial: undefined }],
    ['a serial of three bytes', { serial: 65536 }],
    ['a short send time', { sendTime: '2609' }],
    ['a send time that is no hex', { sendTime: '26090908000x' }],
    ['no data of a user function', { function: 'E0' }],
    ['no data of a later packet', { packets: 2, packet: 2 }],
    ['an id that is a mark', { elements: [{ id: 'F0', def: '08', value: 1 }] }],
    ['an id of three bytes', { elements: [{ id: '393939', value: 1 }] }],
    ['an element without a value', { elements: [{ id: '39' }] }],
    ['a user element without a definition byte', { elements: [{ id: 'FF02', value: 1 }] }],
    ['too many digits', { elements: [{ id: '38', value: 123.45 }] }],
    ['too many decimals', { elements: [{ id: '38', value: 1.234 }] }],
    ['too many decimals of a Decimal', { elements: [{ id: '38', value: new Decimal(1234, 3) }] }],
    ['a sign without room', { elements: [{ id: '19', def: '08', value: -1 }] }],
    ['rain that would say that there is none', { elements: [{ id: 'F4', values: Array(12).fill(25.5) }] }],
    ['rain of eleven values', { elements: [{ id: 'F4', values: Array(11).fill(0) }] }],
    ['hex of another length', { elements: [{ id: '38', hex: '00' }] }],
    ['hex of another length in a series', { function: '31', timeStep: '000005', elements: [{ id: '38', hex: '00' }] }],
    ['hex of an element of no bytes', { elements: [{ id: '38', def: '00', hex: '00' }] }],
    ['a short time', { elements: [{ id: '38', value: 1, at: '26' }] }],
    ['a short time step', { function: '31', timeStep: '05', elements: [{ id: '38', values: [1] }] }],
    ['a class of a mark', { bodyStation: '0012345678', class: 'F0' }],
    ['a class that is none', { bodyStation: '0012345678', class: 'xyz' }],
    ['text beyond GB 18030', { function: '35', elements: [{ id: 'F2', text: '\ud800' }] }],
    ['a short period', { function: '38', direction: 'down', period: { from: '26', to: '26' } }],
    ['256 gates', { function: '4E', gates: Array(256).fill({ isOpen: true, openingCm: 1 }) }],
    ['a count of an event', { function: '50', events: { sent: 65536 } }],
    ['a parameter of another length', { function: '40', parameters: [{ id: '03', def: '10', hex: '12' }] }],
  ])('%s', (_, part) => {
    expect(() => encodeMessage({ ...message, ...part })).toThrow(expect.objectContaining({ code: 'malformed' }))
  })

  test('but numbers without a definition byte take that of the standard', () => {
    const bytes = encodeMessage({
      ...message,
      elements: [
        { id: '39', value: 10.49 },
        { id: '02', value: -26.6 },
        { id: '02', value: new Decimal(-266, 1) },
        { id: '38', value: new Decimal(12, 0) },
        { id: '26', value: null },
        { id: 'F4', values: Array(12).fill(0.5) },
        { id: 'F5', values: Array(12).fill(null) },
        { id: '45', status: STATUS },
        { id: 'F3' },
      ],
    })
    expect(Buffer.from(bytes.subarray(22, -3)).toString('hex').toUpperCase()).toBe(
      `392300010490${'0219FF0266'.repeat(2)}381212002619FFFFFFF460${'05'.repeat(12)}F5C0${'FF'.repeat(24)}452000000C80F3F3`,
    )
  })

  test('and an event that is not told has not happened', () => {
    const bytes = encodeMessage({ ...message, function: '50', events: { sent: 2 } })
    expect(decodeMessage(bytes).events).toMatchObject({ sent: 2, received: 0 })
  })
})

const STATUS = {
  mains: 'ok',
  battery: 'ok',
  level: 'ok',
  flow: 'ok',
  quality: 'ok',
  flowMeter: 'ok',
  levelMeter: 'ok',
  cabinetDoor: 'closed',
  memory: 'ok',
  icCard: 'off',
  pump: 'stopped',
  remainingVolume: 'exceeded',
} as const
