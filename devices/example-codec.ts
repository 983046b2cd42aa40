import { loadCodec, PROTOCOLS } from '#protocols'
import type { Codec } from '#protocols/codec'
import { type Profile, protocolOf } from './profile.ts'

/** The codec that reads a model's examples, its door alone being loaded; undefined where there is none. */
export async function exampleCodec(profile: Profile): Promise<Codec | undefined> {
  const name = protocolOf(profile)
  return PROTOCOLS.includes(name) ? await loadCodec(name) : undefined
}
