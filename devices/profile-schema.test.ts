import { readFileSync } from 'node:fs'
import { Check } from 'typebox/schema'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadCatalogue } from './catalogue.ts'
import { profileSchema } from './profile-schema.ts'

const published = JSON.parse(readFileSync(new URL('../docs/schema/profile.schema.json', import.meta.url), 'utf8'))

test('what editors are given is up to date: sluice devices schema > docs/schema/profile.schema.json', () => {
  expect(published).toEqual(JSON.parse(JSON.stringify(profileSchema())))
})

describe('the published schema', () => {
  const entries = [...loadCatalogue().values()]

  test.each(entries)('takes $name as its file is written', ({ file }) => {
    expect(Check(published, parse(readFileSync(file, 'utf8')))).toBe(true)
  })

  test('refuses unknown keys, two sections, none, and the examples of another section', () => {
    const [{ file } = { file: '' }] = entries.filter(({ name }) => name === 'scale/generic-st-gs')
    const good = parse(readFileSync(file, 'utf8'))
    const { scale, ...without } = good
    const wrong = [
      { ...good, baud: 9600 },
      { ...good, scale: { ...scale, baud: 9600 } },
      { ...good, display: { protocol: 'sluice-terminal' } },
      without,
      { ...good, examples: [{ name: 'registers', input: { 0: [1] }, readings: { a: 1 } }] },
      { ...good, title: undefined },
    ]
    expect(Check(published, good)).toBe(true)
    expect(wrong.map((model) => Check(published, model))).toEqual(wrong.map(() => false))
  })
})
