import ReceiptPrinterEncoder from '@point-of-sale/receipt-printer-encoder'
import { expect, test } from 'vitest'
import { codecs, decodeEscPos, encodeEscPos } from '#protocols/receipts'

const open = () => new ReceiptPrinterEncoder({ language: 'esc-pos', columns: 32 })

test('a job of an independent encoder is read whole, and written again as it was', () => {
  const job = open()
    .initialize()
    .align('center')
    .size(2, 2)
    .line('Market')
    .size(1, 1)
    .bold(true)
    .line('Stall 7')
    .bold(false)
    .invert(true)
    .line('PAID')
    .invert(false)
    .rule()
    .qrcode('https://example.org/t/1', { model: 2, size: 6, errorlevel: 'm' })
    .barcode('3130630574613', 'ean13', { height: 60, width: 2, text: true })
    .barcode('CODE128', 'code128', { height: 60, width: 2 })
    .pulse(1, 120, 240)
    .cut('partial')
    .encode()
  const { commands, text } = decodeEscPos(job)
  expect(encodeEscPos(commands)).toEqual(job)
  expect(text.split('\n').map((line) => line.trim())).toEqual(expect.arrayContaining(['Market', 'Stall 7', 'PAID']))
  expect(commands).toEqual(
    expect.arrayContaining([
      { name: 'size', n: 0x11, width: 2, height: 2 },
      { name: 'qr-data', data: 'https://example.org/t/1' },
      { name: 'barcode', type: 2, symbology: 'ean-13', data: '3130630574613', len: 13 },
      { name: 'barcode', type: 73, symbology: 'code-128', data: '{BCODE128', len: 9 },
      { name: 'drawer', m: 1, on_ms: 120, off_ms: 240 },
      { name: 'cut', m: 1, cut: 'partial' },
    ]),
  )
})

test('the front door finds the codec here', () => {
  expect(codecs.map(({ name }) => name)).toContain('esc-pos')
})

test('Chinese text is why that encoder writes no job here: it has no code page for it', () => {
  expect(decodeEscPos(open().line('追溯').encode()).text).toBe('??\n')
})
