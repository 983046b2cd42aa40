/** A symbology identifier as a reader sends it before the data: `]`, a letter for the symbology and one for its use (ISO/IEC 15424). */
export interface AimPrefix {
  /** `]E0`; undefined where the text has none. */
  readonly aim: string | undefined
  /** Its name; undefined for one that the table has not. */
  readonly symbology: string | undefined
  /** What is behind it. */
  readonly data: string
}

/** Names of the identifiers, by the letter and the modifier. An identifier with another modifier has the name of its letter alone. */
export const AIM_SYMBOLOGIES: Readonly<Record<string, string>> = {
  A: 'Code 39',
  C: 'Code 128',
  C0: 'Code 128',
  C1: 'GS1-128',
  E0: 'EAN-13',
  E1: 'EAN-2 add-on',
  E2: 'EAN-5 add-on',
  E3: 'EAN-13 with add-on',
  E4: 'EAN-8',
  F: 'Codabar',
  G: 'Code 93',
  H: 'Code 11',
  I: 'Interleaved 2 of 5',
  I1: 'ITF-14',
  J: 'DotCode',
  J0: 'DotCode',
  J1: 'GS1 DotCode',
  L: 'PDF417',
  M: 'MSI',
  Q: 'QR',
  Q1: 'QR',
  Q3: 'GS1 QR',
  R: 'Straight 2 of 5',
  S: 'Straight 2 of 5',
  U: 'MaxiCode',
  X: 'Other',
  Z: 'Not a barcode',
  d: 'DataMatrix',
  d1: 'DataMatrix',
  d2: 'GS1 DataMatrix',
  e0: 'GS1 DataBar',
  e1: 'GS1 Composite',
  e2: 'GS1 Composite',
  z: 'Aztec',
}

/** Takes a symbology identifier off what a reader said, if it begins with one. */
export function stripAim(text: string): AimPrefix {
  const [aim] = /^\][A-Za-z][0-9A-Za-z]/.exec(text) ?? []
  return aim === undefined
    ? { aim, symbology: undefined, data: text }
    : { aim, symbology: symbologyOf(aim), data: text.slice(aim.length) }
}

/** The name of an identifier such as `]E0`; undefined for one that the table has not. */
export function symbologyOf(aim: string): string | undefined {
  const key = aim.slice(1)
  return AIM_SYMBOLOGIES[key] ?? AIM_SYMBOLOGIES[key.slice(0, 1)]
}

/** The identifier of a symbology's name as `symbologyOf` gives it; undefined where there is none. */
export function aimOf(symbology: string): string | undefined {
  const found = Object.entries(AIM_SYMBOLOGIES).find(([key, name]) => key.length === 2 && name === symbology)
  return found && `]${found[0]}`
}
