import { expect, test } from 'vitest'
import { bytesOf, vectorsOf } from '#protocols/proof'
import {
  ack,
  decodeFrame,
  decodeMessage,
  ENDS,
  encodeMessage,
  functionInfo,
  stationStatus,
  stationTime,
  stationTimeText,
  statusWord,
} from '#protocols/sl651'

const vector = (name: string): Uint8Array =>
  bytesOf(vectorsOf('sl651').find((one) => one.name === name) ?? { name, protocol: 'sl651', source: '' })

test('an answer is the published one: serial, address and function of what came, and the time of the centre', () => {
  const report = decodeMessage(vector('up 34 hourly, rain station'))
  const at = Date.UTC(2014, 5, 13, 6, 38, 53)
  expect(Buffer.from(encodeMessage(ack(report, { end: 'EOT', at })))).toEqual(
    Buffer.from(vector('down 34 ack, EOT (station may sleep)')),
  )
})

test('the answer to several packets names the last one, and NAK the one that is wanted again', () => {
  const packet = decodeFrame(vector('up 36 image, M3 multi-packet, packet 1 of 13'))
  const done = encodeMessage(ack(packet, { end: 'EOT', at: 0, serial: 5 }))
  expect(decodeMessage(done)).toMatchObject({ direction: 'down', function: '36', serial: 5, packets: 13, packet: 13, end: 'EOT' })
  const again = ack(packet, { end: 'NAK', at: 0, packet: 7 })
  expect(decodeMessage(encodeMessage(again))).toMatchObject({ serial: 0, packets: 13, packet: 7, end: 'NAK' })
  expect(ENDS.NAK).toBe(0x15)
})

test('functions tell what they owe and what they change', () => {
  expect(functionInfo(0x2f)).toMatchObject({ reply: 'none', hasClass: false })
  expect(functionInfo(0x34)).toMatchObject({ reply: 'ack', hasClass: true, changesField: false })
  const changing = Array.from({ length: 0xe0 }, (_, code) => code).filter((code) => functionInfo(code)?.changesField)
  expect(changing).toEqual([0x40, 0x42, 0x47, 0x48, 0x49, 0x4a, 0x4c, 0x4d, 0x4e, 0x4f])
})

test('a station says the time of UTC+8 without saying so', () => {
  expect(stationTime('170718110014')).toBe(Date.UTC(2017, 6, 18, 3, 0, 14))
  expect(stationTime('1707181100')).toBe(Date.UTC(2017, 6, 18, 3))
  expect(stationTimeText(Date.UTC(2017, 6, 18, 3, 0, 14))).toBe('170718110014')
})

test.each(['591011154947', '000101000000', '170230110000', '171318110000', '170718250000', '17071811', '17071811001A', ''])(
  '"%s" is no time',
  (text) => {
    expect(stationTime(text)).toBeNull()
  },
)

test('a status word comes back from its words', () => {
  for (let word = 0; word < 0x1000; word++) expect(statusWord(stationStatus(word))).toBe(word)
})
