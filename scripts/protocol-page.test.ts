import { expect, test } from 'vitest'
import { DOORS, loadCodecs, PROTOCOLS } from '#protocols'
import { vectorsOf } from '#protocols/proof'
import { protocolPage } from './protocol-page.ts'

test('the page of the protocols says what their codecs say of themselves', async () => {
  const codecs = await loadCodecs()
  const chapters = DOORS.map(({ title, names }) => ({ title, codecs: codecs.filter(({ name }) => names.includes(name)) }))
  expect(chapters.flatMap((chapter) => chapter.codecs)).toHaveLength(PROTOCOLS.length)
  await expect(protocolPage(chapters, (protocol) => vectorsOf(protocol).length)).toMatchFileSnapshot('../docs/protocols.md')
})
