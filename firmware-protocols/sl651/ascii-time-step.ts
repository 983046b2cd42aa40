import { refuse } from './hex-text.ts'

/** `DRxnn`: x one of D days, H hours, N minutes. */
const STEP = /^DR([DHN])(\d\d)$/
const UNITS = ['D', 'H', 'N'] as const
const HOURS = '000000'

/** `DRN05` as days, hours and minutes, `000005`; undefined for another word. `DRH00` is the step of hours in five-minute values. */
export function digitsOfTimeStep(word: string): string | undefined {
  const [, unit = '', count = ''] = STEP.exec(word) ?? []
  if (word === 'DRH00') return HOURS
  return count === '' || count === '00' ? undefined : UNITS.map((one) => (one === unit ? count : '00')).join('')
}

/** The inverse of `digitsOfTimeStep`. @throws ProtocolError `malformed` for a step of more than one unit */
export function wordOfTimeStep(digits: string): string {
  if (digits === HOURS) return 'DRH00'
  const words = UNITS.map((unit, index) => `DR${unit}${digits.slice(index * 2, index * 2 + 2)}`)
  return (
    words.find((word) => digitsOfTimeStep(word) === digits) ??
    refuse(`expected a step of days, hours or minutes, got "${digits}"`)
  )
}
