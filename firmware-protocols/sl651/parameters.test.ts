import { describe, expect, test } from 'vitest'
import { bytesOf, vectorsOf } from '#protocols/proof'
import { decodeMessage, encodeFrame, encodeMessage, type MessageInput, parameterInfo, sl651 } from '#protocols/sl651'

const command = {
  encoding: 'hex',
  direction: 'down',
  centre: 5,
  station: '0011223344',
  password: '1234',
  serial: 0,
  sendTime: '260909080000',
  end: 'ENQ',
} as const
const readAs = (hex: string): unknown => {
  const bytes = encodeFrame({ ...command, function: '40', body: Buffer.from(`0000260909080000${hex}`, 'hex') })
  const said = JSON.parse(JSON.stringify(decodeMessage(bytes)))
  expect(Buffer.from(sl651.encode?.(said) ?? [])).toEqual(Buffer.from(bytes))
  return said
}

test('the published basic parameters mean what their note says', () => {
  const vector = vectorsOf('sl651').find(({ name }) => name === 'up 41 read basic config reply')
  expect(
    JSON.parse(JSON.stringify(decodeMessage(bytesOf(vector ?? { name: '', protocol: '', source: '' })).parameters)),
  ).toMatchObject([
    { id: '01', name: 'centre addresses', means: { centres: [5, 0, 0, 0] } },
    { id: '02', name: 'station address', hex: '0011223344' },
    { id: '03', name: 'password' },
    { id: '04', name: 'centre 1 main channel', means: { channel: { type: 'ipv4', address: '218.94.153.172', port: 9708 } } },
    { id: '05', name: 'centre 1 backup channel', means: { channel: { type: 'sms', address: '13012345678' } } },
    { id: '0C', means: { mode: 'self-report with acknowledgement' } },
    { id: '0D', means: { elements: ['rain', 'stage 1'] } },
    { id: '0F', hex: '1013112345678', means: { card: { network: 'mobile', number: '013112345678' } } },
  ])
})

test('run parameters are numbers with their unit, and may be negative', () => {
  expect(readAs('200801281BFF1234282300011110210801FF0801')).toMatchObject({
    parameters: [
      { id: '20', name: 'timed report interval', unit: 'h', value: 1 },
      { id: '28', value: -1.234, unit: 'm' },
      { id: '28', name: 'stage base 1', value: 11.11 },
      { id: '21', value: 1, unit: 'min' },
      { id: 'FF', hex: '01', value: 1 },
    ],
  })
})

test.each<[string, string, object]>([
  ['a channel that is off', '040800', { means: { channel: { type: 'off' } } }],
  ['a channel of an unknown type', '040809', { hex: '09' }],
  ['an address that is not whole', '04100221', { hex: '0221' }],
  ['an unknown mode', '0C0809', { hex: '09' }],
  ['a mask of another length', '0D0880', { hex: '80' }],
  ['the rest of a mask', '0D400000000000000007', { means: { elements: ['chlorophyll a', 'copper', 'lead'] } }],
  ['a card of another network', '0F0839', { hex: '9' }],
  ['a card whose bytes are no text', '0F0801', { hex: '01' }],
  ['the stations of a relay, whose length is plain', '0E050011223344', { hex: '0011223344' }],
  ['digits that are none', '20080A', { hex: '0A' }],
  ['a parameter of no bytes', '9700', { hex: '' }],
])('keeps %s', (_, hex, parameter) => {
  expect(readAs(hex)).toMatchObject({ parameters: [parameter] })
})

test('a parameter cut short is in the tail', () => {
  expect(readAs('2008012010')).toMatchObject({ parameters: [{ id: '20' }], tail: '2010' })
  expect(readAs('2008')).toMatchObject({ tail: '2008' })
})

test.each<[number, string | undefined, string]>([
  [0x2f, 'stage base 8', 'm'],
  [0x49, 'intake stage 1 upper limit', 'm'],
  [0x58, 'intake stage 8 lower limit', 'm'],
  [0x6a, 'water temperature lower limit', '°C'],
  [0x8b, 'chlorophyll a upper limit', 'µg/L'],
  [0xa8, 'remaining volume alarm of meter 8', 'm3'],
])('parameter %i is %s', (id, name, unit) => {
  expect(parameterInfo(id)).toEqual({ name, unit })
})

test('the standard knows no parameter behind them', () => {
  expect(parameterInfo(0x10)).toBeUndefined()
  expect(parameterInfo(0xa9)).toBeUndefined()
})

describe('commands are built as they were published', () => {
  test.each<[string, MessageInput]>([
    [
      '7E7E00112233440503E847800A020000170718110351970005983C',
      { ...command, password: '03E8', sendTime: '170718110351', function: '47', parameters: [{ id: '97' }] },
    ],
    [
      '7E7E001122334405123449801002000017071810212303101234031003E80566B9',
      {
        ...command,
        sendTime: '170718102123',
        function: '49',
        parameters: [
          { id: '03', def: '10', hex: '1234' },
          { id: '03', def: '10', hex: '03E8' },
        ],
      },
    ],
    [
      '7E7E00112233440503E84F8009020000170718102321FF05A90F',
      { ...command, password: '03E8', sendTime: '170718102321', function: '4F', isFixedQuantity: true },
    ],
    [
      '7E7E00112233440503E83A80120200001707181102581F1920192619381239230584B9',
      { ...command, password: '03E8', sendTime: '170718110258', function: '3A', query: ['1F19', '2019', '2619', '3812', '3923'] },
    ],
  ])('%s', (hex, message) => {
    expect(Buffer.from(encodeMessage(message)).toString('hex').toUpperCase()).toBe(hex)
  })

  test('and a run parameter from its number alone', () => {
    const bytes = encodeMessage({ ...command, function: '42', parameters: [{ id: '28', def: '23', value: 11.11 }] })
    expect(Buffer.from(bytes).toString('hex')).toContain('282300011110')
  })
})
