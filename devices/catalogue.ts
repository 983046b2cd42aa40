import { readdirSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Content, type Document, DocumentError, type DocumentFault, readContent } from './document.ts'
import { exampleFaults } from './example-proof.ts'
import type { ModbusProfile } from './modbus-profile.ts'
import { type Profile, profileHash, SECTION_NAMES, SECTIONS, type Section } from './profile.ts'
import { profileFaults } from './profile-faults.ts'
import type { Sl651Profile } from './sl651-profile.ts'

/** A profile with the name a site's configuration uses for it. */
export interface CatalogueEntry<P extends Profile = Profile> {
  /** `<kind>/<vendor>-<model>`, from the file's place. */
  readonly name: string
  /** Its version, see `profileHash`. */
  readonly hash: string
  readonly profile: P
  readonly file: string
}

/** A model of the catalogue that is read by Modbus. */
export type ModbusEntry = CatalogueEntry<ModbusProfile>

export function isModbusEntry(entry: CatalogueEntry): entry is ModbusEntry {
  return 'modbus' in entry.profile
}

/** A model that reports by SL 651. */
export type Sl651Entry = CatalogueEntry<Sl651Profile>

export function isSl651Entry(entry: CatalogueEntry): entry is Sl651Entry {
  return 'sl651' in entry.profile
}

/** Device models by name. */
export type Catalogue = ReadonlyMap<string, CatalogueEntry>

/** The folder of the models that come with the project. */
export const PROFILES_FOLDER = fileURLToPath(new URL('./profiles/', import.meta.url))

/**
 * Reads every `<kind>/<vendor>-<model>.yaml` below the folders; a later folder's file wins over an earlier one's of the same name, so that
 * a site can correct a model. Examples of other models than Modbus ones are not decoded here: that would load their codecs, see
 * `frameExampleFaults`.
 * @param names only these are read: a gateway has no memory to spare for models that its site does not have
 * @throws DocumentError with every fault of every file.
 */
export function loadCatalogue(folders: readonly string[] = [PROFILES_FOLDER], names?: ReadonlySet<string>): Catalogue {
  const entries = new Map<string, CatalogueEntry>()
  const faults: DocumentFault[] = []
  for (const folder of folders) {
    for (const file of profileFiles(folder)) {
      const name = nameIn(folder, file)
      if (names?.has(name) === false) continue
      try {
        const entry = readProfile(file, name)
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

/** The entry of a name, if it is there and is read by Modbus. */
export function modbusEntry(catalogue: Catalogue, name: string): ModbusEntry | undefined {
  const entry = catalogue.get(name)
  return entry && isModbusEntry(entry) ? entry : undefined
}

/** One profile file, checked by the schema, by what the schema cannot say, and a Modbus one by its own examples. @throws DocumentError */
export function readProfile(file: string, name = nameOf(file)): CatalogueEntry {
  return readProfileDocument(file, name).entry
}

/** The same with the document, for who finds more faults in it. @throws DocumentError */
export function readProfileDocument(
  file: string,
  name = nameOf(file),
): { readonly entry: CatalogueEntry; readonly document: Document<Profile> } {
  const content = readContent(file)
  const document: Document<Profile> = content.checked(SECTIONS[sectionIn(content)])
  const { value: profile, fault } = document
  const faults: DocumentFault[] = []
  if (name !== basename(name) && profile.kind !== dirname(name))
    faults.push(fault(['kind'], `expected ${dirname(name)} as the folder says, got ${profile.kind}`))
  faults.push(...profileFaults(document))
  // A model that is wrong in itself proves nothing.
  if (faults.length === 0 && 'modbus' in profile) {
    for (const { example, point, message } of exampleFaults(profile))
      faults.push(fault(['examples', example, 'readings', point], message))
  }
  if (faults.length > 0) throw new DocumentError(faults)
  return { entry: { name, hash: profileHash(profile), profile, file }, document }
}

/** The names of the models in a folder, which are not read for it. */
export function profileNames(folder: string): string[] {
  return profileFiles(folder).map((file) => nameIn(folder, file))
}

/** Every profile file below a folder, in order. */
export function profileFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => join(folder, file))
}

function nameIn(folder: string, file: string): string {
  return relative(folder, file).replace(/\.yaml$/, '')
}

/** As its two last folders say. */
function nameOf(file: string): string {
  return join(basename(dirname(resolve(file))), basename(file, '.yaml'))
}

/** Which section the document has. @throws DocumentError unless it is exactly one */
function sectionIn({ value, fault }: Content): Section {
  const found = SECTION_NAMES.filter((section) => Object.hasOwn(Object(value), section))
  const [first, second] = found
  const wanted = `expected one of ${SECTION_NAMES.join(', ')}`
  if (first === undefined) throw new DocumentError([fault([], `${wanted}, got none of them`)])
  if (second !== undefined) throw new DocumentError([fault([second], `${wanted}, got ${found.join(' and ')}`)])
  return first
}
