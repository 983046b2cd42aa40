import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { crc16 } from './crc16.ts'
import { decodeRegisters } from './registers.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { encodeResponse, inspectResponse } from './response.ts'
import { decodeRtu, encodeRtu } from './rtu.ts'
import { decodeTcp, encodeTcp } from './tcp.ts'

/** A frame of a manual or a capture; `decoded` holds what its source says of it. */
interface Vector {
  readonly name: string
  readonly source: string
  readonly protocol: string
  readonly hex?: string
  readonly ascii?: string
  readonly decoded?: object
  readonly args?: readonly string[]
  readonly facts?: { readonly crc?: string; readonly ascii?: string }
}

const vectors: readonly Vector[] = JSON.parse(readFileSync(new URL('./fixtures/vectors.json', import.meta.url), 'utf8'))
const of = (protocol: string) => vectors.filter((vector) => vector.protocol === protocol)
const bytesOf = (vector: Vector) => Buffer.from(vector.hex ?? '', 'hex')
const messageOf = (vector: Vector, pdu: Uint8Array) =>
  vector.args?.includes('request') ? decodeRequest(pdu) : inspectResponse(pdu)

test.each(of('modbus-rtu'))('$name ($source) decodes to what its source says and encodes to the same bytes', (vector) => {
  const { unit, pdu } = decodeRtu(bytesOf(vector))
  const message = messageOf(vector, pdu)
  expect({ unit, ...message }).toMatchObject(vector.decoded ?? {})
  const again = vector.args?.includes('request') ? encodeRequest(decodeRequest(pdu)) : encodeResponse(inspectResponse(pdu))
  expect(Buffer.from(encodeRtu(unit, again)).toString('hex')).toBe(vector.hex?.toLowerCase())
})

test.each(of('modbus-tcp'))('$name ($source) over TCP', (vector) => {
  const { transaction, unit, pdu } = decodeTcp(bytesOf(vector))
  expect({ transaction, unit, ...messageOf(vector, pdu) }).toMatchObject(vector.decoded ?? {})
  expect(Buffer.from(encodeTcp(transaction, unit, pdu)).toString('hex')).toBe(vector.hex)
})

test.each(of('crc16-modbus'))('$name', ({ ascii = '', facts }) => {
  expect(crc16(Buffer.from(ascii)).toString(16).toUpperCase()).toBe(facts?.crc)
})

test('four floats in CDAB order', () => {
  const vector = vectors.find(({ name }) => name.includes('word-swapped'))
  const response = inspectResponse(decodeRtu(bytesOf(vector ?? { name: '', source: '', protocol: '' })).pdu)
  const words = 'registers' in response ? response.registers : []
  const floats = [0, 2, 4, 6].map((from) => Number(decodeRegisters('f32', 'CDAB', words, from)).toFixed(4))
  expect(floats).toEqual(['5866.1426', '0.8715', '139.1015', '6731.2271'])
})
