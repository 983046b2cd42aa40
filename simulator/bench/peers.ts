import { EventEmitter } from 'node:events'
import ReceiptPrinterEncoder from '@point-of-sale/receipt-printer-encoder'
import ModbusRTU from 'modbus-serial'
import { printJob } from '#protocols/receipts'
import { type Figure, figure } from './figures.ts'
import { type Effort, rateOf } from './rate.ts'
import { ITEMS, longRtu, READ, receipt, TRACE_URL, UNIT } from './samples.ts'
import { counted } from './stream.ts'
import { wordsRate } from './words.ts'

/** Work between two looks at the clock. */
const BATCH = 50

/** The same work done here and by a package that many use, in the same run. */
export async function peerFigures(effort: Effort): Promise<Figure[]> {
  return [...(await modbusFigures(effort)), ...(await receiptFigures(effort))]
}

async function modbusFigures(effort: Effort): Promise<Figure[]> {
  const own = await wordsRate(effort)
  const peer = await rateOf(await peerResponses(), effort)
  return [
    figure('modbus-serial: the same responses, already cut into frames', peer, 'responses/s'),
    figure('Modbus responses here / modbus-serial', own / peer, '×'),
  ]
}

/** Its port, in memory: what is written is asked, what is emitted is answered. */
class MemoryPort extends EventEmitter {
  readonly isOpen = true

  open(done: (error: Error | null) => void): void {
    done(null)
  }

  write(): void {}
}

/** One request, which the same answer comes to again and again: only what the package does with an answer is measured. */
async function peerResponses(): Promise<() => number> {
  const port = new MemoryPort()
  const client = new ModbusRTU.default(port)
  await new Promise<void>((resolve, reject) => client.open((error?: Error | null) => (error ? reject(error) : resolve())))
  const frame = Buffer.from(longRtu())
  let words = 0
  client.writeFC4(UNIT, READ.address, READ.count, (error, result) => {
    if (error) throw error
    words += result.data.length
  })
  return () => {
    words = 0
    for (let index = 0; index < BATCH; index++) port.emit('data', frame)
    return counted(words, BATCH * READ.count, BATCH)
  }
}

async function receiptFigures(effort: Effort): Promise<Figure[]> {
  const job = receipt()
  const own = await rateOf(
    printing(() => printJob(job).bytes),
    effort,
  )
  // Strict: it throws what it would else tell on the console.
  const encoder = new ReceiptPrinterEncoder({ language: 'esc-pos', columns: 48, errors: 'strict' })
  const peer = await rateOf(
    printing(() => peerReceipt(encoder)),
    effort,
  )
  return [
    figure('receipts of 80 mm, job to ESC/POS', own, 'receipts/s'),
    figure('receipt-printer-encoder: the same receipt', peer, 'receipts/s'),
    figure('receipts here / receipt-printer-encoder', own / peer, '×'),
  ]
}

function printing(print: () => Uint8Array): () => number {
  const { length } = print()
  return () => {
    let bytes = 0
    for (let index = 0; index < BATCH; index++) bytes += print().length
    return counted(bytes, BATCH * length, BATCH)
  }
}

function peerReceipt(encoder: ReceiptPrinterEncoder): Uint8Array {
  return encoder
    .initialize()
    .align('center')
    .bold(true)
    .size(2, 2)
    .line('Market')
    .size(1, 1)
    .bold(false)
    .line('Stall 7')
    .align('left')
    .rule()
    .table(
      [
        { width: 24, align: 'left' },
        { width: 12, align: 'right' },
        { width: 12, align: 'right' },
      ],
      ITEMS.map((cells) => [...cells]),
    )
    .rule()
    .align('right')
    .bold(true)
    .line('Total 75.17')
    .bold(false)
    .align('center')
    .qrcode(TRACE_URL, { model: 2, size: 6, errorlevel: 'm' })
    .cut('partial')
    .encode()
}
