/** JSON Schema as far as it is read here. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly default?: unknown
}

/**
 * Every key that a file of this schema may hold, with its default as JSON, `required`, or `-` for one that may be left out. `[]` stands for an
 * entry of a list, `*` for a name that a person chose, also where several keys take the very same.
 */
export function keysOf(schema: unknown): Map<string, string> {
  const keys = new Map<string, string>()
  collect(schema as Schema, '', keys)
  return keys
}

/** @param filled what stands there where the whole is left out */
function collect(schema: Schema, path: string, keys: Map<string, string>, filled = schema.default): void {
  for (const branch of schema.anyOf ?? []) collect(branch, path, keys, filled)
  if (schema.items) collect(schema.items, `${path}[]`, keys)
  for (const entry of Object.values(schema.patternProperties ?? {})) collect(entry, `${path}.*`, keys)
  const properties = Object.entries(schema.properties ?? {})
  for (const [name, property] of properties.slice(0, areAlike(properties) ? 1 : undefined)) {
    const key = path === '' ? name : `${path}.${areAlike(properties) ? '*' : name}`
    if (hasKeys(property)) collect(property, key, keys)
    else if (!keys.has(key)) keys.set(key, worth(property, schema.required?.includes(name) ?? false, Object(filled)[name]))
  }
}

/** Several keys that take the very same are told once. */
function areAlike(properties: readonly (readonly [name: string, property: Schema])[]): boolean {
  const [first, ...others] = properties.map(([, property]) => property)
  return (
    first !== undefined &&
    hasKeys(first) &&
    others.length > 0 &&
    others.every((other) => JSON.stringify(other) === JSON.stringify(first))
  )
}

/** Whether there is anything to tell below it; a text in two languages is one thing. */
function hasKeys(schema: Schema): boolean {
  if (schema.properties) return Object.keys(schema.properties).join() !== 'zh,en'
  return [
    ...(schema.anyOf ?? []),
    ...Object.values(schema.patternProperties ?? {}),
    ...(schema.items ? [schema.items] : []),
  ].some(hasKeys)
}

function worth(schema: Schema, isRequired: boolean, filled: unknown): string {
  if (schema.default !== undefined || filled !== undefined) return JSON.stringify(schema.default ?? filled)
  return isRequired ? 'required' : '-'
}
