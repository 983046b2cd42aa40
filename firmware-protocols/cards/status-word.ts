/** What the two bytes at the end of a card's answer say. */
export interface StatusWord {
  /** `9000`. */
  readonly sw: string
  readonly meaning: string
  /** Whether the command was carried out, with or without a warning, or needs only what `advice` says. */
  readonly isOk: boolean
  /** What to send next for the data. */
  readonly advice?: CardAdvice
}

/** `get-response`: fetch so many bytes with GET RESPONSE. `repeat`: send the same command with this length. 0 stands for 256. */
export interface CardAdvice {
  readonly kind: 'get-response' | 'repeat'
  readonly le: number
}

/** Meanings by status word (ISO/IEC 7816-4, 5.6); `62` and so on for what is not told apart. */
export const STATUS_WORDS: Readonly<Record<string, string>> = {
  '9000': 'done',
  '6281': 'part of the data may be corrupted',
  '6282': 'end of the file or record before so many bytes',
  '6283': 'the selected file is deactivated',
  '62': 'done with a warning, nothing changed',
  '63': 'done with a warning, something changed',
  '64': 'not carried out, nothing changed',
  '6581': 'memory failure',
  '65': 'not carried out, something changed',
  '6700': 'wrong length',
  '6881': 'logical channels are not supported',
  '6882': 'secure messaging is not supported',
  '68': 'a function of the class is not supported',
  '6981': 'the command does not go with the structure of the file',
  '6982': 'the security state is not reached',
  '6983': 'the authentication is blocked',
  '6984': 'the reference data cannot be used',
  '6985': 'the conditions of use are not met',
  '6986': 'the command is not allowed, no file is selected',
  '69': 'the command is not allowed',
  '6A80': 'wrong parameters in the data',
  '6A81': 'the function is not supported',
  '6A82': 'the file or application was not found',
  '6A83': 'the record was not found',
  '6A84': 'not enough memory in the file',
  '6A86': 'wrong parameters P1 and P2',
  '6A88': 'the referenced data was not found',
  '6A': 'wrong parameters',
  '6B00': 'wrong parameters P1 and P2',
  '6D00': 'the instruction is not supported',
  '6E00': 'the class is not supported',
  '6F00': 'no diagnosis',
}

/** Understands a status word. @param sw four hex digits in upper case */
export function readStatusWord(sw: string): StatusWord {
  const kind = sw.slice(0, 2)
  const low = Number.parseInt(sw.slice(2), 16)
  if (kind === '61')
    return { sw, meaning: `done, ${low || 256} more bytes to fetch`, isOk: true, advice: { kind: 'get-response', le: low } }
  if (kind === '6C')
    return { sw, meaning: `wrong length expected, ${low || 256} is right`, isOk: true, advice: { kind: 'repeat', le: low } }
  const isCounter = sw.startsWith('63C')
  const meaning = isCounter ? `done with a warning, counter ${low & 0x0f}` : (STATUS_WORDS[sw] ?? STATUS_WORDS[kind])
  return { sw, meaning: meaning ?? 'not in the standard', isOk: sw === '9000' || kind === '62' || kind === '63' }
}
