import type { Field, Side } from '#protocols/codec'
import { IDENTIFICATION_HEAD_BYTES, OBJECT_HEAD_BYTES, OBJECT_NAMES } from './device-identification.ts'
import { EXCEPTION_FLAG, EXCEPTIONS, viewOf } from './pdu.ts'

type Kind = 'byte' | 'word' | 'bits' | 'hex' | 'text'

/** What each byte of a PDU is, which decodes; places count from its start. */
export function pduFields(pdu: Uint8Array, side: Side): Field[] {
  const fields: Field[] = []
  let at = 0
  const add = (name: string, kind: Kind, length: number): void => {
    if (length > 0) fields.push({ from: at, to: at + length, name, value: textOf(pdu.subarray(at, at + length), kind) })
    at += length
  }
  const byte = (name: string): void => add(name, 'byte', 1)
  const words = (...names: string[]): void => {
    for (const name of names) add(name, 'word', 2)
  }
  const registers = (): void => {
    const from = at
    while (at < pdu.length) words(`register +${(at - from) / 2}`)
  }

  const code = pdu[0] ?? 0
  byte('function')
  if (code >= EXCEPTION_FLAG) {
    fields.push({ from: 1, to: 2, name: 'exception', value: `${pdu[1]}, ${EXCEPTIONS[pdu[1] ?? 0] ?? 'unknown'}` })
    return fields
  }
  switch (code) {
    case 5:
    case 6:
      words('address', 'value')
      break
    case 15:
    case 16:
      words('address', 'count')
      if (side === 'response') break
      byte('byte count')
      if (code === 16) registers()
      else add('bits, the first first', 'bits', pdu.length - at)
      break
    case 22:
      words('address', 'AND mask', 'OR mask')
      break
    case 43:
      byte('MEI type')
      byte('access')
      if (side === 'request') byte('object')
      else identity(pdu, byte, add)
      break
    default:
      if (side === 'response') {
        byte('byte count')
        if (code === 17) add("server's id", 'hex', pdu.length - at)
        else if (code <= 2) add('bits, the first first', 'bits', pdu.length - at)
        else registers()
      } else if (code !== 17) {
        words('address', 'count')
        if (code === 23) words('address to write', 'count to write')
        if (code === 23) byte('byte count')
        registers()
      }
  }
  return fields
}

function identity(pdu: Uint8Array, byte: (name: string) => void, add: (name: string, kind: Kind, length: number) => void): void {
  for (const name of ['conformity', 'more follows', 'next object', 'objects']) byte(name)
  for (let at = IDENTIFICATION_HEAD_BYTES; at < pdu.length; ) {
    const [id = 0, length = 0] = pdu.subarray(at)
    byte('object')
    byte('length')
    add(OBJECT_NAMES[id] ?? 'text', 'text', length)
    at += OBJECT_HEAD_BYTES + length
  }
}

function textOf(bytes: Uint8Array, kind: Kind): string {
  switch (kind) {
    case 'byte':
      return String(bytes[0])
    case 'word':
      return String(viewOf(bytes).getUint16(0))
    case 'bits':
      return Array.from(bytes, (byte) => [...byte.toString(2).padStart(8, '0')].reverse().join('')).join(' ')
    case 'hex':
      return Buffer.from(bytes).toString('hex')
    default:
      return Buffer.from(bytes).toString('latin1')
  }
}
