import { encodeResponse, encodeRtu, encodeTcp, type ReadRequest } from '#protocols/modbus'
import type { Job } from '#protocols/receipts'
import { decodeMessage, encodeMessage } from '#protocols/sl651'

const REGISTERS = 100
/** Of every Modbus sample. */
export const UNIT = 17

/** What the long Modbus answers answer. */
export const READ = { function: 4, address: 0, count: REGISTERS } as const satisfies ReadRequest
const answer = () =>
  encodeResponse({ function: READ.function, registers: Array.from({ length: REGISTERS }, (_, index) => (index * 7919) & 0xffff) })
const shortAnswer = () => encodeResponse({ function: READ.function, registers: [658] })

export const longRtu = (): Uint8Array => encodeRtu(UNIT, answer())
export const shortRtu = (): Uint8Array => encodeRtu(UNIT, shortAnswer())
export const longTcp = (): Uint8Array => encodeTcp(1, UNIT, answer())
export const shortTcp = (): Uint8Array => encodeTcp(1, UNIT, shortAnswer())

/** A published SL 651 hourly report (function 34): an hour of rain and of water level, the sum of the rain, and the battery. */
const HOURLY_REPORT =
  '7E7E05001122334403E8340068020033170718110014F1F1001122334448F0F01707181005F4600500000014FFFFFFFFFF0000F0F0170718110026' +
  '19000040F0F01707181005F5C0000C000C001C00310031FFFFFFFFFFFFFFFFFFFF00310031F0F01707181100392300010490201900004038121099' +
  '03F502'

export const hourlyReport = (): Uint8Array => new Uint8Array(Buffer.from(HOURLY_REPORT, 'hex'))

/** A station that only says that it is there (function 2F). */
export const heartbeat = (): Uint8Array =>
  new Uint8Array(Buffer.from('7E7E00987654321012342F0008027E0822101110074703C3AE', 'hex'))

/** The hourly report with everything in it three times. */
export function longReport(): Uint8Array {
  const message = decodeMessage(hourlyReport())
  const { elements = [] } = message
  return encodeMessage({ ...message, elements: [...elements, ...elements, ...elements] })
}

/** One line of a trade scale. */
export const scaleLine = (): Uint8Array => new Uint8Array(Buffer.from('S S      1.234 kg\r\n'))

/** What a stall sells in a minute; in letters that every printer has, for the peer has no others. */
export const ITEMS = [
  ['Pork belly', '0.512 kg', '18.40'],
  ['Tomatoes', '1.204 kg', '7.22'],
  ['Spring onions', '0.150 kg', '1.05'],
  ['Tofu', '0.400 kg', '3.20'],
  ['Eggs', '10', '12.00'],
  ['Carp', '1.850 kg', '33.30'],
] as const
export const TRACE_URL = 'https://trace.example.org/t/31010520261122000123'

/** A receipt of 80 mm. */
export function receipt(): Job {
  return {
    paper: 80,
    parts: [
      { part: 'text', text: 'Market', align: 'center', bold: true, width: 2, height: 2 },
      { part: 'text', text: 'Stall 7', align: 'center' },
      { part: 'rule' },
      ...ITEMS.map(([name, amount, price]) => ({
        part: 'columns' as const,
        cells: [
          { text: name, width: 24 },
          { text: amount, width: 12, align: 'right' as const },
          { text: price, width: 12, align: 'right' as const },
        ],
      })),
      { part: 'rule' },
      { part: 'text', text: 'Total 75.17', align: 'right', bold: true },
      { part: 'qr', data: TRACE_URL, align: 'center' },
      { part: 'cut', cut: 'partial' },
    ],
  }
}
