import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { type DeadLetters, LETTER_KINDS, type LettersQuery, LettersView } from './dead-letters.ts'
import { errorAnswers } from './error-handler.ts'
import { Id, Query } from './query.ts'

/** Dead letters in one answer. */
export const LETTERS_MAX = 200
/** Longest id of one. */
const LETTER_ID_LENGTH_MAX = 200

const LettersQuerySchema = Query({
  kind: Type.Optional(Type.Enum([...LETTER_KINDS])),
  gateway: Type.Optional(Id),
  before: Type.Optional(
    Type.String({ minLength: 1, maxLength: LETTER_ID_LENGTH_MAX, description: 'id of the last one that is known' }),
  ),
  limit: Type.Integer({ minimum: 1, maximum: LETTERS_MAX, default: 50 }),
})

interface LetterOptions {
  readonly deadLetters: (query: LettersQuery) => Promise<DeadLetters>
}

export const letterRoutes: FastifyPluginAsyncTypebox<LetterOptions> = async (app, { deadLetters }) => {
  app.get(
    '/api/dead-letters',
    {
      schema: {
        summary: 'What could not be stored, and why, newest first',
        querystring: LettersQuerySchema,
        response: { 200: LettersView, ...errorAnswers },
      },
    },
    async ({ query }) => {
      const { letters, counts, gateways, next } = await deadLetters(query)
      return {
        letters: letters.map(({ seqs, ...letter }) => ({
          ...letter,
          seqs: seqs.map(([first, last]): [number, number] => [first, last]),
        })),
        counts: { ...counts },
        gateways: [...gateways],
        next,
      }
    },
  )
}
