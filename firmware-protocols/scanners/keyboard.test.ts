import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesOf, provesCodec, provesVectors, vectorsOf } from '#protocols/proof'
import {
  decodeKeyboard,
  encodeKeyboard,
  FRENCH,
  GERMAN,
  hidKeyboard,
  KEYBOARD_LAYOUTS,
  type KeyBurst,
  KeyboardReader,
  type KeyboardReaderOptions,
  KeyPresses,
  keyboardCodec,
  pressReport,
  releaseReport,
  US,
} from '#protocols/scanners'

const refusal = (code: string) => expect.objectContaining({ code })
const hex = (reports: readonly Uint8Array[]): string => Buffer.concat(reports).toString('hex')
const press = (usage: number, modifiers = 0): Uint8Array => pressReport({ usage, modifiers })
const release = releaseReport()

/** Vectors of whole reports; the other is a capture of a USB packet with its CRC behind the report. */
const captures = vectorsOf('hid-keyboard').filter((vector) => vector.decoded)

provesVectors({ ...hidKeyboard, decode: (bytes) => hidKeyboard.decode(bytes.subarray(0, bytes.length & ~7)) })
provesCodec({
  codec: hidKeyboard,
  values: fc.record({
    text: fc.string({ unit: fc.constantFrom(...'aZ09 ~"\u001d\u0001'), minLength: 1, maxLength: 40 }),
    suffix: fc.constantFrom('enter', 'tab', 'ctrl-shift-j', 'none'),
  }),
  frames: [
    ...captures.slice(0, 1).map((vector) => Buffer.from(bytesOf(vector)).toString('hex')),
    hex(encodeKeyboard('4*9', 'enter')),
    hex(encodeKeyboard(']C10112312312312333\u001d', 'ctrl-shift-j')),
  ],
  cut: 'any',
  isChecked: false,
})
provesCodec({ codec: keyboardCodec(FRENCH), frames: [hex(encodeKeyboard('Aé1', 'tab', FRENCH))], cut: 'any', isChecked: false })

test.each(vectorsOf('hid-keyboard').filter((vector) => vector.facts))('$protocol: $name, the report alone', (vector) => {
  expect(decodeKeyboard(bytesOf(vector).subarray(0, 8)).text).toBe(vector.facts?.key)
})

describe('a layout', () => {
  test.each(Object.values(KEYBOARD_LAYOUTS))('$name types all that its table has, but for dead keys', (layout) => {
    for (const character of new Set(Object.values(layout.keys).flat())) {
      if (character === undefined || character === '\u25cc') continue
      expect(decodeKeyboard(Buffer.concat(encodeKeyboard(character, 'none', layout)), layout)).toMatchObject({ text: character })
    }
  })

  test('tells other text from the same keys', () => {
    const keys = Buffer.concat(encodeKeyboard('az1?'))
    expect(decodeKeyboard(keys, GERMAN).text).toBe('ay1_')
    expect(decodeKeyboard(keys, FRENCH).text).toBe('qw&§')
  })

  test('says Control with signs by their place on the US keyboard', () => {
    for (const layout of [US, GERMAN, FRENCH]) {
      const keys = encodeKeyboard('\u001d\u001c\u0001', 'none', layout)
      expect(decodeKeyboard(Buffer.concat(keys), layout).text).toBe('\u001d\u001c\u0001')
    }
  })

  test('has no key for what it cannot type', () => {
    expect(() => encodeKeyboard('€')).toThrow(refusal('malformed'))
    expect(() => encodeKeyboard('\u0000')).toThrow(refusal('malformed'))
    expect(() => encodeKeyboard('\u25cc', 'none', GERMAN)).toThrow(refusal('malformed'))
    expect(() => hidKeyboard.encode?.({ text: '' })).toThrow(refusal('malformed'))
    expect(() => hidKeyboard.encode?.({ text: 'a', layout: 'toString' })).toThrow(refusal('unsupported'))
    expect(hidKeyboard.encode?.({ text: 'y', layout: 'de' })).toEqual(new Uint8Array(Buffer.concat([press(29), release])))
  })
})

describe('a key', () => {
  const typed = (usage: number, modifiers: number, layout = US) => decodeKeyboard(press(usage, modifiers), layout)

  test('that types nothing, waits for the next or is held with Alt or GUI is refused', () => {
    for (const refused of [
      () => typed(0x3a, 0),
      () => typed(46, 0, GERMAN),
      () => typed(4, 0x04),
      () => typed(4, 0x80),
      () => typed(4, 0x40),
      () => typed(89, 2),
      () => typed(30, 1),
    ])
      expect(refused).toThrow(refusal('unsupported'))
  })

  test('with Alt and Control is AltGr', () => {
    expect(typed(20, 0x40, GERMAN).text).toBe('@')
    expect(typed(20, 0x05, GERMAN).text).toBe('@')
  })

  test('of a line end within the text is part of it', () => {
    expect(decodeKeyboard(Buffer.concat([press(4), press(40), press(5), press(43), press(88)]))).toEqual({
      text: 'a\nb\t',
      suffix: 'enter',
      layout: 'us',
    })
    expect(decodeKeyboard(Buffer.concat(encodeKeyboard('a\nb\tc'))).text).toBe('a\nb\tc')
  })

  test('that is Caps Lock exchanges the case of letters only', () => {
    const keys = [press(57), release, press(4), release, press(4, 2), release, press(30), release, press(57), release, press(4)]
    expect(decodeKeyboard(Buffer.concat(keys)).text).toBe('Aa1a')
  })
})

describe('reports', () => {
  test('press a key once for as long as it is down', () => {
    const keys = new KeyPresses()
    expect(keys.push(press(4))).toEqual([{ usage: 4, modifiers: 0 }])
    expect(keys.push(press(4))).toEqual([])
    expect(keys.push(Uint8Array.of(0, 0, 4, 5, 5, 0, 0, 0))).toEqual([{ usage: 5, modifiers: 0 }])
    expect(keys.push(release)).toEqual([])
    expect(keys.push(press(4))).toHaveLength(1)
  })

  test('are each a press where none says that keys are let go', () => {
    expect(decodeKeyboard(Buffer.concat([press(37, 2), press(37)])).text).toBe('*8')
    expect(decodeKeyboard(Buffer.concat([press(37, 2), press(37), release])).text).toBe('*')
    const reader = new KeyboardReader({ isReleaseSent: false })
    const bursts = [press(37, 2), press(37), press(37), press(37), press(40)].flatMap((report, index) =>
      reader.push(report, index),
    )
    expect(bursts).toMatchObject([{ kind: 'scan', text: '*888' }])
  })

  test('of roll-over, cut short or too long are refused', () => {
    expect(() => decodeKeyboard(Uint8Array.of(0, 0, 1, 1, 1, 1, 1, 1))).toThrow(refusal('malformed'))
    expect(() => decodeKeyboard(new Uint8Array(7))).toThrow(refusal('truncated'))
    expect(() => new KeyPresses().push(new Uint8Array(7))).toThrow(refusal('truncated'))
    expect(() => new KeyPresses().push(new Uint8Array(9))).toThrow(refusal('malformed'))
  })
})

describe('a reader that is a keyboard', () => {
  /** Sends reports so many ms apart. */
  function feed(reader: KeyboardReader, reports: readonly Uint8Array[], from = 0, stepMs = 5): KeyBurst[] {
    return reports.flatMap((report, index) => reader.push(report, from + index * stepMs))
  }
  const open = (options?: KeyboardReaderOptions): KeyboardReader => new KeyboardReader(options)

  test('gives a scan when its suffix comes', () => {
    expect(feed(open(), encodeKeyboard('6957842208856', 'enter'), 1000)).toEqual([
      { kind: 'scan', text: '6957842208856', at: 1000, until: 1120, troubles: [] },
    ])
    expect(feed(open({ suffix: 'ctrl-shift-j' }), encodeKeyboard('69578', 'ctrl-shift-j'))).toMatchObject([{ text: '69578' }])
    expect(feed(open({ suffix: 'tab' }), encodeKeyboard('69\n78', 'tab'))).toMatchObject([{ kind: 'scan', text: '69\n78' }])
  })

  test('without suffix gives a scan after silence', () => {
    const reader = open({ suffix: 'none' })
    expect(feed(reader, encodeKeyboard('6957'))).toEqual([])
    expect(reader.tick(80)).toEqual([])
    expect(reader.tick(81)).toMatchObject([{ kind: 'scan', text: '6957', at: 0, until: 30 }])
    expect(reader.tick(1000)).toEqual([])
  })

  test('is told from a person, who is slower', () => {
    const reader = open()
    const bursts = [...feed(reader, encodeKeyboard('6957', 'enter'), 0, 60), ...reader.tick(10_000)]
    expect(bursts.map(({ kind, text }) => [kind, text])).toEqual(['6', '9', '5', '7'].map((text) => ['typing', text]))
  })

  test('is told from a person also by length and by its end', () => {
    expect(feed(open(), encodeKeyboard('695', 'enter'))).toMatchObject([{ kind: 'typing', text: '695' }])
    const reader = open()
    feed(reader, encodeKeyboard('69578'))
    expect(reader.tick(10_000)).toMatchObject([{ kind: 'typing', text: '69578' }])
  })

  test('tells with the scan what it could not read, and goes on', () => {
    const keys = encodeKeyboard('69578', 'enter')
    const [first] = feed(open(), [new Uint8Array(5), Uint8Array.of(0, 0, 1, 1, 1, 1, 1, 1), press(0x3a), ...keys])
    expect(first).toMatchObject({ kind: 'scan', text: '69578' })
    expect(first?.troubles.map(({ code }) => code)).toEqual(['truncated', 'malformed', 'unsupported'])
  })

  test('tells trouble that no key follows', () => {
    const reader = open()
    reader.push(new Uint8Array(3), 0)
    expect(reader.tick(100)).toMatchObject([{ kind: 'typing', text: '', troubles: [refusal('truncated')] }])
  })

  test('holds so many characters and troubles, and no more', () => {
    const [scan] = feed(open({ lengthMax: 6 }), encodeKeyboard('1234567890'.repeat(4), 'enter'))
    expect(scan?.text).toBe('123456')
    expect(scan?.troubles).toHaveLength(16)
  })

  test('follows Caps Lock, from how it stands at the start', () => {
    expect(feed(open({ isCapsLocked: true }), encodeKeyboard('abCD1', 'enter'))).toMatchObject([{ text: 'ABcd1' }])
    const keys = [press(57), release, ...encodeKeyboard('abcd'), press(57), release, ...encodeKeyboard('ab', 'enter')]
    expect(feed(open(), keys)).toMatchObject([{ text: 'ABCDab' }])
  })

  test('reads another layout', () => {
    expect(feed(open({ layout: FRENCH }), encodeKeyboard('1234', 'enter', FRENCH))).toMatchObject([
      { kind: 'scan', text: '1234' },
    ])
  })

  test('gives nothing for a suffix alone', () => {
    expect(feed(open(), encodeKeyboard('', 'enter'))).toEqual([])
  })

  test('hides no mistake of the program', () => {
    const layout = {
      ...US,
      get keys(): typeof US.keys {
        throw new TypeError('a bug')
      },
    }
    expect(() => open({ layout }).push(press(4), 0)).toThrow(TypeError)
  })
})
