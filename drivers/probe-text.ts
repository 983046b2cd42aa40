import { ProtocolError } from '#protocols/error'
import {
  decodeRequest,
  EXCEPTIONS,
  inspectResponse,
  RtuSplitter,
  requestLength,
  responseLength,
  TcpSplitter,
} from '#protocols/modbus'
import type { Identity } from './identify.ts'
import { type LineAddress, parseLine } from './line-address.ts'
import { type FoundUnit, hexWord, type TableRange } from './probe.ts'
import type { RecordingEntry } from './recording.ts'
import { ORDERS, type RegisterViews, type TypeView } from './register-views.ts'

/** `1 min 2 s` */
export function describeMs(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const parts = [hours > 0 ? `${hours} h` : '', minutes > 0 ? `${minutes} min` : '', rest > 0 || seconds === 0 ? `${rest} s` : '']
  return parts.filter((part) => part !== '').join(' ')
}

export function foundText({ unit, line, answer, detail }: FoundUnit): string {
  const words = { value: 'answers', exception: 'refuses, so it is there', damaged: 'is heard damaged' }[answer]
  return `unit ${unit} on ${line} ${words}: ${detail}`
}

export function identityText({ server, objects }: Identity): string {
  const lines = [
    server ? `function 17: ${server.hex}${server.text ? ` "${server.text}"` : ''}` : 'function 17: no answer',
    ...(objects ? Object.entries(objects).map(([name, value]) => `${name}: ${value}`) : ['function 43/14: no answer']),
  ]
  return lines.join('\n')
}

/** Bits in one line; registers in every type, the four orders side by side, `*` where the value is plausible. */
export function rangeText(
  unit: number,
  { table, address, count }: TableRange,
  words: readonly number[],
  views: RegisterViews,
): string {
  const title = `unit ${unit}, ${table} ${address} to ${address + count - 1}`
  if (table === 'coil' || table === 'discrete') return `${title}\n${words.join(' ')}`
  const head = ['address', 'hex', 'type', ...ORDERS]
  const rows = [...views.singles, ...views.pairs].flatMap((view) =>
    view.types.map((type, index) => [
      index === 0 ? String(view.address) : '',
      index === 0 ? view.words.map(hexWord).join(' ') : '',
      type.type,
      ...ORDERS.map((order) => cell(type, order, view.words.length > 1)),
    ]),
  )
  const hints = views.hints.map(
    ({ type, orders }) => `as ${type} only ${orders.join(', ')} ${orders.length > 1 ? 'are' : 'is'} plausible throughout (*)`,
  )
  return [title, table2([head, ...rows]), ...hints].join('\n')
}

function cell({ values, plausible }: TypeView, order: (typeof ORDERS)[number], isMarked: boolean): string {
  const value = values[order]
  if (value === null) return '-'
  const text = Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(7)))
  return isMarked && plausible.includes(order) ? `${text} *` : text
}

function table2(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Says what goes over a line, an entry a line: time, direction, bytes, and what they are. */
export function frameTeller(url: string): (entry: RecordingEntry) => string {
  const address = parseLine(url)
  const meaning = { tx: meaningOf(address, 'tx'), rx: meaningOf(address, 'rx') }
  return (entry) => {
    const time = (entry.at / 1000).toFixed(4).padStart(10)
    if ('dropped' in entry) return `${time} … ${entry.dropped} lines are missing: they were not read in time`
    if ('event' in entry) return `${time} ${entry.event}${entry.why ? `: ${entry.why}` : ''}`
    const [kind, hex] = 'tx' in entry ? (['tx', entry.tx] as const) : (['rx', entry.rx] as const)
    const said = meaning[kind](Buffer.from(hex, 'hex'))
    return `${time} ${kind} ${hex.replace(/..(?=.)/g, '$& ')}${said ? `  ${said}` : ''}`
  }
}

function meaningOf({ kind }: LineAddress, direction: 'tx' | 'rx'): (bytes: Uint8Array) => string {
  const splitter = kind === 'tcp' ? new TcpSplitter() : new RtuSplitter(direction === 'tx' ? requestLength : responseLength)
  return (bytes) =>
    splitter
      .push(bytes)
      .map(({ unit, pdu }) => `unit ${unit} ${direction === 'tx' ? requestText(pdu) : responseText(pdu)}`)
      .join('; ')
}

function requestText(pdu: Uint8Array): string {
  return inWords(pdu, () => {
    const request = decodeRequest(pdu)
    const place = 'address' in request ? ` ${request.address}` : ''
    return `function ${request.function}${place}${'count' in request ? ` count ${request.count}` : ''}`
  })
}

function responseText(pdu: Uint8Array): string {
  return inWords(pdu, () => {
    const response = inspectResponse(pdu)
    if ('exception' in response) return `exception ${response.exception} (${EXCEPTIONS[response.exception] ?? 'unknown'})`
    if ('registers' in response) return `registers ${response.registers.join(' ')}`
    return 'bits' in response ? `bits ${response.bits.map(Number).join('')}` : `function ${response.function}`
  })
}

function inWords(pdu: Uint8Array, tell: () => string): string {
  try {
    return tell()
  } catch (error) {
    if (error instanceof ProtocolError) return `function ${pdu[0]}`
    throw error
  }
}
