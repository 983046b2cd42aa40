import { ProtocolError } from '#protocols/error'
import { DEAD, type Key, type KeyboardLayout, US } from './keyboard-layout.ts'
import { ALT, ALT_RIGHT, CONTROL, GUI, type KeyPress, pressReport, SHIFT } from './keyboard-report.ts'

/** What ends a scan. */
export const KEYBOARD_SUFFIXES = ['enter', 'tab', 'ctrl-shift-j', 'none'] as const
export type KeyboardSuffix = (typeof KEYBOARD_SUFFIXES)[number]

const J = 13
const ENTER = 40
const TAB = 43
const KEYPAD_ENTER = 88
/** Locks capitals; types nothing. */
export const CAPS_LOCK = 57

/** The suffix that a key can be; undefined for a key that is none. */
export function suffixOf({ usage, modifiers }: KeyPress): KeyboardSuffix | undefined {
  if (usage === J && modifiers & CONTROL && modifiers & SHIFT && !(modifiers & (ALT | GUI))) return 'ctrl-shift-j'
  if (modifiers & (CONTROL | ALT | GUI)) return undefined
  if (usage === ENTER || usage === KEYPAD_ENTER) return 'enter'
  return usage === TAB ? 'tab' : undefined
}

/**
 * What a key types. Control with a letter or one of `[\]^_` is the control character, as readers say FNC1 by Control and `]`.
 * @param isCapsLocked exchanges plain and shifted letters
 * @throws ProtocolError `unsupported` for a key that types nothing on this layout, and for one that waits for the next (dead)
 */
export function typedText(press: KeyPress, layout: KeyboardLayout, isCapsLocked: boolean): string {
  const { usage, modifiers } = press
  if (usage === CAPS_LOCK) return ''
  const isAltGr = (modifiers & ALT_RIGHT) !== 0 || ((modifiers & ALT) !== 0 && (modifiers & CONTROL) !== 0)
  if (modifiers & GUI || (modifiers & ALT && !isAltGr)) throw unknown(press, layout)
  if (usage === ENTER || usage === KEYPAD_ENTER) return '\n'
  if (usage === TAB) return '\t'
  const key = layout.keys[usage]
  if (key === undefined) throw unknown(press, layout)
  if (modifiers & CONTROL && !isAltGr) return controlText(press, key, layout)
  const isShifted = ((modifiers & SHIFT) !== 0) !== (isCapsLocked && isLetter(key))
  const text = isAltGr ? key[2] : isShifted ? key[1] : key[0]
  if (text === DEAD)
    throw new ProtocolError(
      'unsupported',
      `expected a key that types, got dead key ${usage} of layout ${layout.name}`,
      pressReport(press),
    )
  if (text === undefined) throw unknown(press, layout)
  return text
}

/** The key that types a character. @throws ProtocolError `malformed` for one that the layout has not */
export function keyFor(character: string, layout: KeyboardLayout): KeyPress {
  if (character === '\n') return { usage: ENTER, modifiers: 0 }
  if (character === '\t') return { usage: TAB, modifiers: 0 }
  for (const [usage, key] of Object.entries(layout.keys)) {
    const level = character === DEAD ? -1 : key.indexOf(character)
    if (level >= 0) return { usage: Number(usage), modifiers: LEVELS[level] ?? 0 }
  }
  const sign = String.fromCharCode(character.charCodeAt(0) + 0x40)
  const isControl = character < ' ' && sign !== '@'
  const usage = isControl ? (usageOf(sign.toLowerCase(), layout) ?? usageOf(sign, US)) : undefined
  if (usage !== undefined) return { usage, modifiers: CONTROL_LEFT }
  throw new ProtocolError(
    'malformed',
    `expected what layout ${layout.name} types, got ${JSON.stringify(character)}`,
    new Uint8Array(),
  )
}

/** The key of a suffix; undefined for none. */
export function suffixKey(suffix: KeyboardSuffix): KeyPress | undefined {
  if (suffix === 'enter') return { usage: ENTER, modifiers: 0 }
  if (suffix === 'tab') return { usage: TAB, modifiers: 0 }
  return suffix === 'none' ? undefined : { usage: J, modifiers: CONTROL_LEFT | SHIFT_LEFT }
}

const CONTROL_LEFT = 0x01
const SHIFT_LEFT = 0x02
const LEVELS: readonly number[] = [0, SHIFT_LEFT, ALT_RIGHT]

function isLetter([plain, shifted]: Key): boolean {
  return plain !== shifted && plain.toUpperCase() === shifted
}

/** Letters where the layout has them; the other signs, which some layouts have behind AltGr only, where the US keyboard has them. */
function controlText(press: KeyPress, [plain]: Key, layout: KeyboardLayout): string {
  const sign = /^[a-z]$/.test(plain) ? plain : (US.keys[press.usage] ?? []).find((text) => /^[[\\\]^_]$/.test(text ?? ''))
  if (sign === undefined) throw unknown(press, layout)
  return String.fromCharCode(sign.charCodeAt(0) & 0x1f)
}

/** Letters are found in the layout, the signs of the US keyboard there. */
function usageOf(text: string, layout: KeyboardLayout): number | undefined {
  const isPlaced = layout === US || /^[a-z]$/.test(text)
  const found = Object.entries(layout.keys).find(([, key]) => isPlaced && key.includes(text))
  return found && Number(found[0])
}

function unknown(press: KeyPress, layout: KeyboardLayout): ProtocolError {
  return new ProtocolError('unsupported', `expected a key of layout ${layout.name}, got usage ${press.usage}`, pressReport(press))
}
