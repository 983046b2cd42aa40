import { statSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { type Catalogue, DocumentError, loadCatalogue, PROFILES_FOLDER } from '#devices'
import { UsageError } from './cli-arguments.ts'

/** `devices list`, `show`, `test` and `schema`. */
export function addDeviceCommands(program: Command): void {
  const devices = program.command('devices').description('the catalogue of device models')
  const profilesOption = () => new Option('--profiles <folder>', "a folder of a site's own models, as in gateway.yaml")

  devices
    .command('list')
    .description('every model by name, with what it speaks')
    .option('--kind <kind>', 'only models of one kind')
    .addOption(profilesOption())
    .option('--json', 'as one JSON list')
    .action(async ({ kind, profiles, json }) => {
      const { listedProfile, listText } = await import('#devices')
      const entries = [...catalogueWith(profiles).values()]
      const kinds = [...new Set(entries.map(({ profile }) => profile.kind))]
      if (kind !== undefined && !kinds.includes(kind))
        throw new UsageError(`expected one of ${kinds.join(', ')} in --kind, got "${kind}"`)
      const chosen = entries.filter(({ profile }) => kind === undefined || profile.kind === kind)
      console.log(json ? JSON.stringify(chosen.map(listedProfile)) : listText(chosen))
    })

  devices
    .command('show')
    .description('everything a model says')
    .argument('<name>', 'its name, see list')
    .addOption(profilesOption())
    .option('--json', 'as one JSON object')
    .action(async (name: string, { profiles, json }) => {
      const { profileText } = await import('#devices')
      const catalogue = catalogueWith(profiles)
      const entry = catalogue.get(name)
      if (entry === undefined) throw new UsageError(`expected one of ${[...catalogue.keys()].join(', ')}, got "${name}"`)
      const { profile, ...place } = entry
      console.log(json ? JSON.stringify({ ...place, ...profile }) : profileText(entry))
    })

  devices
    .command('test')
    .description('checks a model, or every model of a folder, and decodes all their examples')
    .argument('<path>', 'a file, or a folder of <kind>/<vendor>-<model>.yaml')
    .option('--json', 'what passed and every fault as one JSON object')
    .action(async (path: string, { json }) => {
      const { testProfiles } = await import('#devices')
      const { passed, faults } = await testProfiles(path, isFolder(path))
      if (json) console.log(JSON.stringify({ ok: faults.length === 0, passed: passed.map(({ name }) => name), faults }))
      else
        for (const { name, profile } of passed)
          console.log(`${name}: ${profile.examples.length} example${profile.examples.length === 1 ? ' holds' : 's hold'}`)
      if (faults.length > 0) {
        console.error(new DocumentError(faults).message)
        process.exitCode = 1
      }
    })

  devices
    .command('schema')
    .description("the JSON Schema of a model's file, for editors")
    .action(async () => {
      const { profileSchema } = await import('#devices')
      console.log(JSON.stringify(profileSchema(), null, 2))
    })
}

/** The models that come with the project, and those of a site's folder. */
export function catalogueWith(profiles: string | undefined): Catalogue {
  if (profiles === undefined) return loadCatalogue()
  if (!isFolder(profiles)) throw new UsageError(`expected a folder in --profiles, got the file "${profiles}"`)
  return loadCatalogue([PROFILES_FOLDER, profiles])
}

function isFolder(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) throw new UsageError(`expected a file or a folder that is there, got "${path}"`)
  return found.isDirectory()
}
