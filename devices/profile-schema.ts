import { SECTION_NAMES, SECTIONS } from './profile.ts'

/**
 * The schema of a model's file as JSON Schema, draft 2020-12, for editors. One object with every key, so that they can be completed; which
 * section there is decides what the examples look like.
 */
export function profileSchema(): object {
  const all = SECTION_NAMES.map((section) => ({ section, schema: plain(SECTIONS[section]) }))
  const properties = Object.assign({}, ...all.map(({ schema }) => schema.properties)) as Record<string, object>
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A device model of Sluice',
    description: 'What the bytes of a device mean, with examples that prove it. Exactly one section says what it speaks.',
    type: 'object',
    properties: { ...properties, examples: { type: 'array', description: 'what proves the model' } },
    required: ['title', 'kind', 'source', 'examples'],
    additionalProperties: false,
    oneOf: all.map(({ section, schema }) => ({ required: [section], properties: { examples: schema.properties.examples } })),
  }
}

/** As JSON, and as a file may be written: what has a default may be left out. */
function plain(schema: object): { readonly properties: Readonly<Record<string, object>> } {
  return JSON.parse(
    JSON.stringify(schema, (_, part: unknown) => {
      if (!isObjectSchema(part)) return part
      const { required, ...rest } = part
      const needed = required.filter((key) => part.properties[key]?.default === undefined)
      return needed.length > 0 ? { ...rest, required: needed } : rest
    }),
  )
}

interface ObjectSchema {
  readonly required: readonly string[]
  readonly properties: Readonly<Record<string, { readonly default?: unknown }>>
}

function isObjectSchema(part: unknown): part is ObjectSchema {
  return typeof part === 'object' && part !== null && 'required' in part && Array.isArray(part.required) && 'properties' in part
}
