import { expect, test } from 'vitest'
import type { DeadLetter, LettersQuery } from './dead-letters.ts'
import { NO_LETTERS, NOON, openTestSite } from './site.fixture.ts'

const NOTHING = { gateway: null, epoch: null, lane: null, count: null, device: null, point: null, from: null, to: null } as const
const refused: DeadLetter = {
  ...NOTHING,
  id: 'refused-1',
  kind: 'refused',
  at: NOON,
  gateway: 'g1',
  epoch: 'e1',
  lane: 'reading',
  seqs: [[7, 8]],
  count: 2,
  why: 'expected a point name',
  topic: null,
  fenced: null,
  sample: '{"device":"d1"}',
  bytes: null,
}
const unreadable: DeadLetter = {
  ...refused,
  ...NOTHING,
  id: 'unreadable-4',
  kind: 'unreadable',
  seqs: [],
  why: 'expected CBOR',
  topic: 'sluice/1/g1/up',
  sample: null,
  bytes: 'ff00',
}

test('what could not be stored is told with everything that is known of it, and how much there is of each kind', async () => {
  const counts = { ...NO_LETTERS, refused: 1, unreadable: 1 }
  const page = { letters: [refused, unreadable], counts, gateways: ['g1'], next: 'unreadable-4' }
  await using site = await openTestSite({ deadLetters: async () => page })
  expect(await site.get('/api/dead-letters')).toEqual(page)
})

test('kind, gateway, the last one known and the size of a page are handed on', async () => {
  const asked: LettersQuery[] = []
  await using site = await openTestSite({
    deadLetters: async (query) => {
      asked.push(query)
      return { letters: [], counts: NO_LETTERS, gateways: [], next: null }
    },
  })
  await site.get('/api/dead-letters')
  await site.get('/api/dead-letters?kind=loss&gateway=g1&before=loss-3&limit=10')
  expect(asked).toEqual([{ limit: 50 }, { kind: 'loss', gateway: 'g1', before: 'loss-3', limit: 10 }])
})

test.each([
  ['kind=spam', 'expected kind to be one of refused, unreadable, parked, damaged, epoch, loss, got "spam"'],
  ['limit=201', 'expected limit to be <= 200, got 201'],
  ['limit=0', 'expected limit to be >= 1, got 0'],
])('%s is refused', async (query, message) => {
  await using site = await openTestSite()
  expect(await site.get(`/api/dead-letters?${query}`, 400)).toEqual({ code: 'invalid', message })
})
