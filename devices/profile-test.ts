import { relative } from 'node:path'
import { type CatalogueEntry, profileFiles, readProfileDocument } from './catalogue.ts'
import { DocumentError, type DocumentFault } from './document.ts'
import { frameFaults } from './frame-proof.ts'

/** What came of testing models: those that are right, and every fault of the others. */
export interface ProfileTest {
  readonly passed: readonly CatalogueEntry[]
  readonly faults: readonly DocumentFault[]
}

/**
 * Tests a model, or every model of a folder, by its schema and by all its examples, each decoded by the real codec.
 * @throws what the file system says of a path that cannot be read
 */
export async function testProfiles(path: string, isFolder: boolean): Promise<ProfileTest> {
  const files = isFolder
    ? profileFiles(path).map((file) => ({ file, name: relative(path, file).replace(/\.yaml$/, '') }))
    : [{ file: path }]
  const passed: CatalogueEntry[] = []
  const faults: DocumentFault[] = []
  for (const { file, ...rest } of files) {
    try {
      passed.push(await testProfile(file, 'name' in rest ? rest.name : undefined))
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error
      faults.push(...error.faults)
    }
  }
  return { passed, faults }
}

/** As `readProfile`, with the examples of every kind of model. @throws DocumentError */
export async function testProfile(file: string, name?: string): Promise<CatalogueEntry> {
  const { entry, document } = readProfileDocument(file, name)
  const { profile } = entry
  const faults = 'modbus' in profile ? [] : await frameFaults(profile)
  if (faults.length > 0) throw new DocumentError(faults.map(({ path, message }) => document.fault(path, message)))
  return entry
}
