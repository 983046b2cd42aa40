import type { Codec } from '#protocols/codec'

/** A door's heading with the protocols behind it. */
export interface Chapter {
  readonly title: string
  readonly codecs: readonly Codec[]
}

/**
 * The page of the protocols, from what their codecs say of themselves.
 * @param framesOf how many real frames are on record for a protocol
 */
export function protocolPage(chapters: readonly Chapter[], framesOf: (protocol: string) => number): string {
  const parts = chapters.map(
    ({ title, codecs }) => `## ${title}\n\n${codecs.map((codec) => entry(codec, framesOf(codec.name))).join('\n\n')}`,
  )
  return `${HEAD}\n\n${parts.join('\n\n')}\n`
}

const HEAD = `# Protocols

What Sluice can read and write, and how far each codec can be trusted. \`sluice decode --list\` names them,
\`sluice decode <name> --hex …\` shows the bytes of a frame with their meaning, \`sluice encode <name> '<json>'\` builds one.

- _Confirmed_: real frames or the standard's own text prove it.
- _Derived_: concluded, and from what. Compare with a device before it is relied on.
- _Missing_: the protocol has it and the codec has not, or nothing proves it.

This page is written from what the codecs say of themselves: \`npm test -- scripts/protocol-page.test.ts -u\` writes it again.`

function entry({ name, title, evidence, encode }: Codec, frames: number): string {
  const { sources, confirmed, derived, missing } = evidence
  const proof =
    frames === 0 ? 'no real frame on record' : frames === 1 ? 'one real frame on record' : `${frames} real frames on record`
  const lines = [
    `- _Confirmed_: ${confirmed}`,
    ...(derived === undefined ? [] : [`- _Derived_: ${derived}`]),
    ...(missing === undefined ? [] : [`- _Missing_: ${missing}`]),
    `- _Sources_: ${sources.join('; ')}`,
  ]
  return `### \`${name}\`\n\n${title}. ${encode ? 'Read and written' : 'Read only'}; ${proof}.\n\n${lines.join('\n')}`
}
