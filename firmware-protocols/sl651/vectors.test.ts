import { describe } from 'vitest'
import { provesVectors } from '#protocols/proof'
import { codecs } from '#protocols/sl651'

describe.each(codecs)('$name', (codec) => provesVectors(codec))
