import { expect, test } from 'vitest'
import { DOORS, loadCodec, loadCodecs, PROTOCOLS } from '#protocols'
import vectors from './proof/vectors.json' with { type: 'json' }

test.each(DOORS)('$title: the door has the codecs that the list names', async ({ names, load }) => {
  const { codecs } = await load()
  expect(codecs.map(({ name }) => name)).toEqual(names)
})

test('every protocol has a name of its own and one line that says what it is', async () => {
  expect(new Set(PROTOCOLS).size).toBe(PROTOCOLS.length)
  for (const { title, evidence } of await loadCodecs()) {
    expect(title).toMatch(/^\S[^\n]{5,120}[^.\s]$/)
    expect(evidence.sources).not.toHaveLength(0)
  }
})

test('every real frame on record has its protocol', () => {
  expect(vectors.map(({ protocol }) => protocol).filter((name) => !PROTOCOLS.includes(name))).toEqual([])
})

test('a protocol is found by its other name, and no other', async () => {
  await expect(loadCodec('dahua-tm')).resolves.toMatchObject({ name: 'dahua-tm-label-scale' })
  await expect(loadCodec('toString')).rejects.toThrow(/^expected a protocol of .*sl651.*, got "toString"$/)
})
