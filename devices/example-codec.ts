import type { Codec } from '#protocols/codec'
import { type Profile, protocolOf, type Section, sectionOf } from './profile.ts'

/** Loaded when a model needs it: a gateway's box has no memory to spare for the others. */
type Door = () => Promise<{ readonly codecs: readonly Codec[] }>

const scanners: Door = () => import('#protocols/scanners')
const terminals: Door = () => import('#protocols/terminals')

const DOORS: Readonly<Record<Section, readonly Door[]>> = {
  modbus: [],
  sl651: [() => import('#protocols/sl651')],
  scale: [() => import('#protocols/scales')],
  scanner: [scanners],
  printer: [() => import('#protocols/receipts')],
  display: [terminals],
  rating: [terminals, scanners],
}

/** The codec that reads a model's examples, undefined where there is none yet. */
export async function exampleCodec(profile: Profile): Promise<Codec | undefined> {
  const doors = await Promise.all(DOORS[sectionOf(profile)].map((load) => load()))
  return doors.flatMap(({ codecs }) => codecs).find(({ name }) => name === protocolOf(profile))
}
