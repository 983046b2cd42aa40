import { Type } from 'typebox'
import { type Codec, encoder, type Field } from '#protocols/codec'
import { ProtocolError } from '#protocols/error'
import { CAPS_LOCK, KEYBOARD_SUFFIXES, type KeyboardSuffix, keyFor, suffixKey, suffixOf, typedText } from './keyboard-key.ts'
import { KEYBOARD_LAYOUTS, type KeyboardLayout, US } from './keyboard-layout.ts'
import { KeyPresses, pressReport, REPORT_BYTES, releaseReport } from './keyboard-report.ts'

/** What a row of boot reports types. */
export interface KeyboardScan {
  readonly text: string
  /** The last key, where it is one that ends scans; it is not in the text. */
  readonly suffix: KeyboardSuffix
  /** Name of the layout. */
  readonly layout: string
}

/**
 * Reads boot reports of 8 bytes one behind the other; where none says that keys are let go, each is a press.
 * @throws ProtocolError `truncated`, `malformed` (roll-over), `unsupported` (a key that types nothing on this layout, a dead key)
 */
export function decodeKeyboard(bytes: Uint8Array, layout: KeyboardLayout = US): KeyboardScan {
  return typed(bytes, layout).scan
}

/** The inverse: a report that presses and one that releases for each character. @throws ProtocolError `malformed` for what the layout has not */
export function encodeKeyboard(text: string, suffix: KeyboardSuffix = 'none', layout: KeyboardLayout = US): Uint8Array[] {
  const keys = Array.from(text, (character) => keyFor(character, layout))
  const end = suffixKey(suffix)
  return [...keys, ...(end ? [end] : [])].flatMap((key) => [pressReport(key), releaseReport()])
}

const Scan = Type.Object({
  text: Type.String(),
  suffix: Type.Optional(Type.Union(KEYBOARD_SUFFIXES.map((name) => Type.Literal(name)))),
  layout: Type.Optional(Type.String()),
})

/** Readers that are keyboards, on the US layout. */
export const hidKeyboard = keyboardCodec(US)

/** The codec of readers set to another layout. */
export function keyboardCodec(layout: KeyboardLayout): Codec {
  return {
    name: 'hid-keyboard',
    title: 'Barcode and card readers that are USB keyboards: boot reports of 8 bytes',
    evidence: {
      sources: ['HID 1.11, appendix B', 'HID Usage Tables 1.12, section 10', 'node-hid issues 228 and 323'],
      confirmed: 'Two captures of readers, with releases between the keys and without, type what their codes say.',
      derived: 'The German and the French layout are those of the keyboards; no capture of a reader set to them was at hand.',
      missing: 'Characters by Alt and numbers, dead keys, and reports with more than eight bytes are told as such, and not read.',
    },
    decode(bytes) {
      const { scan, fields } = typed(bytes, layout)
      return { value: scan, fields }
    },
    encode: encoder(Scan, ({ text, suffix, layout: name = layout.name }) => {
      const wanted = Object.hasOwn(KEYBOARD_LAYOUTS, name) ? KEYBOARD_LAYOUTS[name] : undefined
      if (wanted === undefined)
        throw new ProtocolError('unsupported', `expected layout ${Object.keys(KEYBOARD_LAYOUTS)}, got ${name}`, new Uint8Array())
      const reports = encodeKeyboard(text, suffix, wanted)
      if (reports.length === 0) throw new ProtocolError('malformed', 'expected a text or a suffix', new Uint8Array())
      return new Uint8Array(Buffer.concat(reports))
    }),
  }
}

function typed(bytes: Uint8Array, layout: KeyboardLayout): { scan: KeyboardScan; fields: Field[] } {
  if (bytes.length === 0 || bytes.length % REPORT_BYTES !== 0)
    throw new ProtocolError('truncated', `expected reports of ${REPORT_BYTES} bytes, got ${bytes.length} bytes`, bytes)
  const presses = new KeyPresses(hasRelease(bytes))
  const fields: Field[] = []
  let text = ''
  let last = ''
  let suffix: KeyboardSuffix | undefined
  let isCapsLocked = false
  for (let from = 0; from < bytes.length; from += REPORT_BYTES) {
    const said: string[] = []
    for (const press of presses.push(bytes.subarray(from, from + REPORT_BYTES))) {
      if (press.usage === CAPS_LOCK) isCapsLocked = !isCapsLocked
      last = typedText(press, layout, isCapsLocked)
      suffix = suffixOf(press)
      text += last
      said.push(suffix ?? last)
    }
    if (said.length > 0) fields.push({ from, to: from + REPORT_BYTES, name: 'key', value: said.join(' ') })
  }
  const scan = { text: suffix ? text.slice(0, -last.length) : text, suffix: suffix ?? 'none', layout: layout.name }
  return { scan, fields }
}

/** Whether a report says that no key is down: captures without any have left them out. */
function hasRelease(bytes: Uint8Array): boolean {
  for (let from = 0; from < bytes.length; from += REPORT_BYTES)
    if (bytes.subarray(from + 2, from + REPORT_BYTES).every((byte) => byte === 0)) return true
  return false
}
