import { expect, test } from 'vitest'
import { encodeResponse, encodeRtu, type Request, type Response } from '#protocols/modbus'
import { queryOf } from './framing.ts'
import { RtuFraming } from './rtu-framing.ts'

const UNIT = 7
const read: Request = { function: 3, address: 4, count: 1 }

/** Requests that are no reads and no plain writes, and what they are answered by. */
test.each<[string, Request, Response]>([
  ['the id of a device', { function: 17 }, { function: 17, data: '11ff' }],
  [
    'an exchange of registers',
    { function: 23, address: 3, count: 2, writeAddress: 14, registers: [1] },
    { function: 23, registers: [1, 2] },
  ],
  [
    'an identification',
    { function: 43, access: 'basic', object: 0 },
    { function: 43, access: 'basic', conformity: 1, more: false, next: 0, count: 1, objects: [{ id: 0, value: 'Acme' }] },
  ],
])('%s is found behind its echo', (_, request, response) => {
  const framing = new RtuFraming(() => 0)
  const asked = framing.start(UNIT, queryOf(request), 100)
  const answer = encodeResponse(response)
  expect(framing.receive(Buffer.concat([asked, encodeRtu(UNIT, answer)]))).toEqual(answer)
  expect(framing.counts).toEqual({ late: 0, foreign: 0, echoes: 1, garbageBytes: 0 })
})

test('a masked write is answered by itself, so the line is asked first whether it echoes', () => {
  const framing = new RtuFraming(() => 0)
  const write = queryOf({ function: 22, address: 4, andMask: 0xf2, orMask: 0x25 })
  expect(framing.precaution(UNIT, write)).toEqual({ ask: queryOf(read) })
  const asked = framing.start(UNIT, queryOf(read), 100)
  expect(framing.receive(Buffer.concat([asked, encodeRtu(UNIT, encodeResponse({ function: 3, registers: [9] }))]))).toBeDefined()
  expect(framing.precaution(UNIT, write)).toBeUndefined()
  const sent = framing.start(UNIT, write, 100)
  expect(framing.receive(sent)).toBeUndefined()
  expect(framing.receive(sent)).toEqual(write.pdu)
})
