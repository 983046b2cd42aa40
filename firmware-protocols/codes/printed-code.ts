import { ProtocolError } from '#protocols/error'
import { stripAim } from './aim.ts'
import { type DigitalLink, decodeDigitalLink } from './digital-link.ts'
import { SEPARATOR } from './element-string.ts'
import { decodeGs1, type Gs1Code } from './gs1.ts'
import { type Gtin, readGtin } from './gtin.ts'
import { readTraceCode, type TraceCode } from './trace-code.ts'
import type { TraceLayout } from './trace-layout.ts'
import { decodeVariable, type VariableCode, type VariableLayout } from './variable-ean13.ts'

/** What a code that a reader said means to a shop. */
export type PrintedCode =
  | { readonly kind: 'variable'; readonly text: string; readonly code: VariableCode }
  | { readonly kind: 'trace'; readonly text: string; readonly code: TraceCode }
  | { readonly kind: 'gs1'; readonly text: string; readonly code: Gs1Code }
  | { readonly kind: 'digital-link'; readonly text: string; readonly code: DigitalLink }
  | { readonly kind: 'gtin'; readonly text: string; readonly code: Gtin }
  /** None of these. `isMisread`: it would be one if its check digit held, so it may want to be read again. */
  | { readonly kind: 'text'; readonly text: string; readonly isMisread: boolean }

/** What a shop expects; without a table nothing of that kind is found. */
export interface PrintedCodeSettings {
  readonly variable?: readonly VariableLayout[]
  /** A table in which each length has one layout. */
  readonly trace?: readonly TraceLayout[]
}

/**
 * Tells what a code means, from the most particular to the least: an in-store EAN-13 of the shop's layouts, a trace code of its layouts, a GS1
 * code that says it is one by its symbology identifier, a separator or brackets, a Digital Link, a plain GTIN. Never throws for a text.
 * @param text as the reader said it, with or without symbology identifier; without suffix
 */
export function readPrintedCode(text: string, settings: PrintedCodeSettings = {}): PrintedCode {
  const { aim, data } = stripAim(text)
  const isGs1 = aim !== undefined || data.startsWith('(') || data.includes(SEPARATOR)
  const ways: readonly (() => PrintedCode | undefined)[] = [
    () => ({ kind: 'variable', text, code: decodeVariable(data, settings.variable ?? []) }),
    () => knownTrace(text, readTraceCode(data, settings.trace ?? [])),
    () => ({ kind: 'digital-link', text, code: decodeDigitalLink(text) }),
    () => (isGs1 ? { kind: 'gs1', text, code: decodeGs1(text) } : undefined),
    () => ({ kind: 'gtin', text, code: readGtin(data) }),
  ]
  for (const way of ways) {
    try {
      const code = way()
      if (code) return code
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      // A shop's own code that was misread is not the number of some other item.
      if (error.code === 'checksum') return { kind: 'text', text, isMisread: true }
    }
  }
  return { kind: 'text', text, isMisread: false }
}

function knownTrace(text: string, code: TraceCode): PrintedCode | undefined {
  return code.layout === null ? undefined : { kind: 'trace', text, code }
}
