import { malformed } from './text.ts'

/**
 * The check digit of ISO/IEC 7064 MOD 11,10, a hybrid system: finds every single wrong digit, and all but about 2 % of exchanged neighbours.
 * @param digits those before the check digit
 * @throws ProtocolError `malformed` for anything but digits
 */
export function mod11And10(digits: string): string {
  let product = 10
  for (const digit of expectDigits(digits)) {
    const sum = (product + Number(digit)) % 10 || 10
    product = (sum * 2) % 11
  }
  return String((11 - product) % 10)
}

/**
 * The two check digits of ISO/IEC 7064 MOD 97,10, a pure system: finds every single wrong digit and every exchange of neighbours.
 * @param digits those before the check digits
 * @throws ProtocolError `malformed` for anything but digits
 */
export function mod97And10(digits: string): string {
  let rest = 0
  for (const digit of `${expectDigits(digits)}00`) rest = (rest * 10 + Number(digit)) % 97
  return String(98 - rest).padStart(2, '0')
}

function expectDigits(digits: string): string {
  return /^\d+$/.test(digits) ? digits : malformed(`digits, got "${digits}"`, digits)
}
