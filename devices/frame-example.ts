import { Type } from 'typebox'
import { SIDES } from '#protocols/codec'
import { strict } from './profile-heading.ts'

const bytes = {
  name: Type.String({ minLength: 1, maxLength: 120 }),
  hex: Type.Optional(
    Type.String({ pattern: '^([0-9A-Fa-f]{2} ?)+$', maxLength: 8192, description: 'the bytes; or give `text`' }),
  ),
  text: Type.Optional(Type.String({ minLength: 1, maxLength: 4096, description: 'the bytes, a character each (Latin-1)' })),
  side: Type.Optional(Type.Enum([...SIDES], { description: 'where the bytes do not tell it; response if it is left out' })),
}
const decoded = Type.Record(Type.String(), Type.Unknown(), { description: 'contained in what the codec decodes from the bytes' })

/** Real bytes of a device, and what they say. */
export const FrameExample = Type.Object({ ...bytes, decoded }, strict)
/** The same where what they say may be told as readings. */
export const frameBytes = { ...bytes, decoded: Type.Optional(decoded) }
