import { readdirSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DocumentError, type DocumentFault, readYaml } from './document.ts'
import { exampleFaults } from './example-proof.ts'
import { Profile, profileHash } from './profile.ts'

/** A profile with the name a site's configuration uses for it. */
export interface CatalogueEntry {
  /** `<kind>/<vendor>-<model>`, from the file's place. */
  readonly name: string
  /** Its version, see `profileHash`. */
  readonly hash: string
  readonly profile: Profile
  readonly file: string
}

/** Device models by name. */
export type Catalogue = ReadonlyMap<string, CatalogueEntry>

/** The folder of the models that come with the project. */
export const PROFILES_FOLDER = fileURLToPath(new URL('./profiles/', import.meta.url))

/**
 * Reads every `<kind>/<vendor>-<model>.yaml` below the folders; a later folder's file wins over an earlier one's of the same name, so that
 * a site can correct a model.
 * @throws DocumentError with every fault of every file.
 */
export function loadCatalogue(folders: readonly string[] = [PROFILES_FOLDER]): Catalogue {
  const entries = new Map<string, CatalogueEntry>()
  const faults: DocumentFault[] = []
  for (const folder of folders) {
    for (const file of profileFiles(folder)) {
      try {
        const entry = readProfile(file, relative(folder, file).replace(/\.yaml$/, ''))
        entries.set(entry.name, entry)
      } catch (error) {
        if (!(error instanceof DocumentError)) throw error
        faults.push(...error.faults)
      }
    }
  }
  if (faults.length > 0) throw new DocumentError(faults)
  return entries
}

/** One profile file, checked by the schema, by what the schema cannot say, and by its own examples. @throws DocumentError */
export function readProfile(file: string, name = join(basename(dirname(file)), basename(file, '.yaml'))): CatalogueEntry {
  const { value: profile, fault } = readYaml(file, Profile)
  const faults: DocumentFault[] = []
  if (name !== basename(name) && profile.kind !== dirname(name))
    faults.push(fault(['kind'], `expected ${dirname(name)} as the folder says, got ${profile.kind}`))
  for (const [pointName, point] of Object.entries(profile.modbus.points)) {
    const path = ['modbus', 'points', pointName]
    const isBitTable = point.table === 'coil' || point.table === 'discrete'
    if (isBitTable && point.type !== 'bit')
      faults.push(fault([...path, 'type'], `expected bit in table ${point.table}, got ${point.type}`))
    if (point.type === 'bit' && !isBitTable && point.bit === undefined)
      faults.push(fault([...path, 'type'], 'expected the key "bit" beside type bit, got none'))
    if (point.range && point.range[0] > point.range[1])
      faults.push(fault([...path, 'range'], `expected the lower limit first, got [${point.range.join(', ')}]`))
    if (point.scale === 0) faults.push(fault([...path, 'scale'], 'expected a scale other than 0'))
  }
  // A model that is wrong in itself proves nothing.
  if (faults.length === 0) {
    for (const { example, point, message } of exampleFaults(profile))
      faults.push(fault(['examples', example, 'readings', point], message))
  }
  if (faults.length > 0) throw new DocumentError(faults)
  return { name, hash: profileHash(profile), profile, file }
}

function profileFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => join(folder, file))
}
