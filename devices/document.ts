import { readFileSync } from 'node:fs'
import type { Static, TSchema } from 'typebox'
import { Settings } from 'typebox/system'
import { Value } from 'typebox/value'
import { LineCounter, parseDocument, type Node as YamlNode } from 'yaml'

/** Aliases that a file may unfold. */
const ALIASES_MAX = 100

/** One thing that is wrong in a file a person wrote. Lines and columns count from 1. */
export interface DocumentFault {
  readonly file: string
  readonly line: number
  readonly column: number
  /** Where in the document, as `devices[0].unit`; empty for the whole. */
  readonly path: string
  /** What was expected and what came. */
  readonly message: string
}

/** Thrown with every fault of the file at once, so that a person mends them in one go. */
export class DocumentError extends Error {
  readonly code = 'invalid'
  readonly faults: readonly DocumentFault[]
  constructor(faults: readonly DocumentFault[]) {
    super(
      faults
        .map(({ file, line, column, path, message }) => `${file}:${line}:${column}: ${path ? `${path}: ` : ''}${message}`)
        .join('\n'),
    )
    this.faults = faults
  }
}

/** A larger file is no configuration. */
export const DOCUMENT_BYTES_MAX = 4 * 1024 * 1024

/** A checked document that still knows where each of its values stands, for checks that a schema cannot say. */
export interface Document<T> {
  readonly value: T
  /** A fault at a path of the document; give several to one `DocumentError`. */
  fault(path: readonly (string | number)[], message: string): DocumentFault
}

/** A document that was read and not checked yet, for who must look at it to know by which schema. */
export interface Content extends Document<unknown> {
  /** Fills the schema's defaults and checks. @throws DocumentError with every fault */
  checked<T extends TSchema>(schema: T): Document<Static<T>>
}

/**
 * Parses YAML (and so JSON), fills the schema's defaults and checks it.
 * @throws DocumentError with file, line, column and what was expected, for each fault.
 */
export function parseYaml<T extends TSchema>(text: string, schema: T, file: string): Document<Static<T>> {
  return parseContent(text, file).checked(schema)
}

/** Parses YAML (and so JSON) without a schema. @throws DocumentError for what is no YAML */
export function parseContent(text: string, file: string): Content {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true })
  const at = (offset: number, path: string, message: string): DocumentFault => {
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col, path, message }
  }
  if (document.errors.length > 0)
    throw new DocumentError(
      document.errors.map((error) => at(error.pos[0], '', error.message.split('\n')[0] ?? 'malformed YAML')),
    )

  const fault = (path: readonly (string | number)[], message: string): DocumentFault =>
    at(offsetOf(document.contents, path), pathText(path), message)
  let content: unknown
  try {
    content = document.toJS({ maxAliasCount: ALIASES_MAX }) ?? {}
  } catch (cause) {
    // An alias of nothing, or a few lines of aliases that unfold into millions.
    throw new DocumentError([fault([], `expected aliases that can be followed, got ${(cause as Error).message}`)])
  }
  return {
    value: content,
    fault,
    checked: <T extends TSchema>(schema: T) => {
      const value = Value.Default(schema, content)
      const faults = schemaFaults(schema, value, fault)
      if (faults.length > 0) throw new DocumentError(faults)
      return { value: value as Static<T>, fault }
    },
  }
}

/** What of a value is not as its schema says, each once. */
function schemaFaults(schema: TSchema, value: unknown, fault: Document<unknown>['fault']): DocumentFault[] {
  const errors = schemaErrors(schema, value)
  if (errors.length === 0) return []
  const faults = ofChosenBranches(errors).flatMap((error) =>
    explain(error, schema, value).map(({ path, message }) => fault(path, message)),
  )
  const first = fault(pointer(errors[0]?.instancePath ?? ''), 'expected one of the allowed forms')
  const distinct = faults.filter(
    ({ path, message }, index) => faults.findIndex((other) => other.path === path && other.message === message) === index,
  )
  return distinct.length > 0 ? distinct : [first]
}

/** As `parseYaml`, from a file. @throws DocumentError also where the file cannot be read. */
export function readYaml<T extends TSchema>(file: string, schema: T): Document<Static<T>> {
  return readContent(file).checked(schema)
}

/** As `parseContent`, from a file. @throws DocumentError also where the file cannot be read. */
export function readContent(file: string): Content {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new DocumentError([
      { file, line: 1, column: 1, path: '', message: `expected a readable file, got ${(cause as NodeJS.ErrnoException).code}` },
    ])
  }
  if (text.length > DOCUMENT_BYTES_MAX) {
    throw new DocumentError([
      { file, line: 1, column: 1, path: '', message: `expected at most ${DOCUMENT_BYTES_MAX} bytes, got ${text.length}` },
    ])
  }
  return parseContent(text, file)
}

/** A schema error's parts that are used here; TypeBox reports in the manner of Ajv. */
interface SchemaError {
  readonly keyword: string
  readonly schemaPath: string
  readonly instancePath: string
  readonly message: string
  readonly params: object
}

interface Explained {
  readonly path: (string | number)[]
  readonly message: string
}

/** More errors of one document than this help nobody; typebox's own limit of 8 would hide the branch of a union that was meant. */
const ERRORS_MAX = 1000

function schemaErrors(schema: TSchema, value: unknown): readonly SchemaError[] {
  Settings.Set({ maxErrors: ERRORS_MAX })
  return Value.Check(schema, value) ? [] : Value.Errors(schema, value)
}

/** Of a union whose `kind` chose a branch only that branch's errors help; the union's own then says nothing more. */
function ofChosenBranches(errors: readonly SchemaError[]): SchemaError[] {
  const others = errors
    .filter(({ keyword, schemaPath }) => keyword === 'const' && schemaPath.endsWith('/properties/kind'))
    .map(({ schemaPath }) => schemaPath.replace(/properties\/kind$/, ''))
  const chosen = errors.filter(({ schemaPath }) => !others.some((branch) => `${schemaPath}/`.startsWith(branch)))
  return chosen.filter(
    ({ keyword, schemaPath }) =>
      keyword !== 'anyOf' || !chosen.some((other) => other.schemaPath.startsWith(`${schemaPath}/anyOf/`)),
  )
}

function explain(error: SchemaError, schema: TSchema, root: unknown): Explained[] {
  const path = pointer(error.instancePath)
  const params = error.params as Record<string, unknown>
  const names = (key: string): string[] => (Array.isArray(params[key]) ? (params[key] as string[]) : [])
  if (error.keyword === 'additionalProperties') {
    const known = Object.keys(Object(valueAt(schema, [...pointer(error.schemaPath), 'properties'])))
    return names('additionalProperties').map((name) => ({
      path: [...path, name],
      message: `expected ${known.length === 0 ? 'a known key' : `one of the keys ${known.join(', ')}`}, got an unknown one`,
    }))
  }
  if (error.keyword === 'required') {
    // Inside a union typebox fills no defaults while anything else is wrong.
    const properties = valueAt(schema, [...pointer(error.schemaPath), 'properties']) as
      | Record<string, { default?: unknown }>
      | undefined
    return names('requiredProperties')
      .filter((name) => properties?.[name]?.default === undefined)
      .map((name) => ({ path, message: `expected the key "${name}", got none` }))
  }
  // `not` and `boolean` only repeat what `additionalProperties` says.
  if (error.keyword === 'not' || error.keyword === 'boolean') return []
  if (error.keyword === 'anyOf') return [{ path, message: `expected one of the allowed forms, got ${show(valueAt(root, path))}` }]
  const expected =
    error.keyword === 'enum'
      ? `one of ${names('allowedValues').join(', ')}`
      : error.keyword === 'const'
        ? JSON.stringify(params.allowedValue)
        : error.message
            .replace(/^must not have fewer than /, 'at least ')
            .replace(/^must not have more than /, 'at most ')
            .replace(/^must (be |have )?/, '')
            .replace(/^match /, 'to match ')
  return [{ path, message: `expected ${expected}, got ${show(valueAt(root, path))}` }]
}

function pointer(text: string): string[] {
  return text
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function valueAt(root: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined),
    root,
  )
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

function pathText(path: readonly (string | number)[]): string {
  return path
    .map((part) => (/^\d+$/.test(String(part)) ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '')
}

/** The offset of the node at the path, or of its nearest ancestor that is there; of the key for a mapping's entry. */
function offsetOf(contents: YamlNode | null, path: readonly (string | number)[]): number {
  let node: unknown = contents
  let offset = contents?.range?.[0] ?? 0
  for (const part of path) {
    const items = (node as { items?: unknown[] } | null)?.items
    if (items === undefined) break
    const pair = items.find((item) => String((item as { key?: { value?: unknown } }).key?.value) === String(part)) as
      | { key: YamlNode; value: unknown }
      | undefined
    node = pair ? pair.value : items[Number(part)]
    const range = pair ? pair.key.range : (node as YamlNode | undefined)?.range
    if (!range) break
    offset = range[0]
  }
  return offset
}
