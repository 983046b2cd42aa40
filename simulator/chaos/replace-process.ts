import { writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { realDisk } from '#gateway/journal'
import { writeReadyFile } from '#simulator'

/** Larger than a page, so that a torn one would show. */
const FILLER = 'x'.repeat(6000)

/** A document that is replaced again and again. */
export interface Version {
  readonly version: number
  readonly pid: number
  readonly filler: string
}

/**
 * The process that is cut: it replaces small files again and again by the ways that the road itself uses, and one carelessly, and says on
 * stdout which version was begun and which is done.
 */
const [folder = '.'] = process.argv.slice(2)
for (let version = 1; ; version++) {
  const document: Version = { version, pid: 1, filler: FILLER }
  say({ begun: version })
  realDisk.write(join(folder, 'mark.json'), JSON.stringify(document))
  await writeReadyFile(join(folder, 'ready.json'), document)
  writeFileSync(join(folder, 'careless.json'), JSON.stringify(document))
  say({ done: version })
}

function say(message: { readonly begun: number } | { readonly done: number }): void {
  writeSync(1, `${JSON.stringify(message)}\n`)
}
