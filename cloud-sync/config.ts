import { dirname, resolve } from 'node:path'
import { type Static, Type } from 'typebox'
import { DocumentError, readYaml } from '#devices'
import { checkRules, Rules } from '#wire'

const strict = { additionalProperties: false } as const
const Port = (port: number, description: string) => Type.Integer({ default: port, minimum: 0, maximum: 65_535, description })

/** The file `cloud.yaml`: one schema with its defaults; an unknown key is an error. */
export const CloudFile = Type.Object(
  {
    name: Type.String({ default: 'Sluice', minLength: 1, maxLength: 80, description: 'what the pages call this site' }),
    data: Type.String({ default: './data/cloud', minLength: 1, description: 'folder of the stores, relative to this file' }),
    zone: Type.String({ default: 'Asia/Shanghai', description: 'the time zone the pages show' }),
    broker: Type.Object(
      {
        host: Type.String({ default: '127.0.0.1' }),
        port: Port(1883, '0: any free one'),
        url: Type.Optional(
          Type.String({ pattern: '^mqtt://[^/@]+$', description: 'a broker that runs elsewhere, instead of the embedded one' }),
        ),
      },
      { ...strict, default: {} },
    ),
    http: Type.Object(
      { host: Type.String({ default: '127.0.0.1' }), port: Port(8080, '0: any free one') },
      { ...strict, default: {} },
    ),
    series: Type.Union(
      [
        Type.Object({ kind: Type.Literal('embedded') }, strict),
        Type.Object(
          {
            kind: Type.Literal('influx'),
            url: Type.String({
              pattern: '^https?://[^/@?#]+(/[^?#]*)?$',
              description: 'an InfluxDB 1.x, as http://127.0.0.1:8086',
            }),
            database: Type.String({ minLength: 1, maxLength: 64, description: 'made where it is not there' }),
            username: Type.Optional(Type.String({ minLength: 1 })),
            password: Type.Optional(Type.String({ minLength: 1 })),
          },
          strict,
        ),
      ],
      { default: { kind: 'embedded' }, description: 'where measurements are kept: in a file of the data folder, or in InfluxDB' },
    ),
    demo: Type.Optional(
      Type.Object({ loops: Type.Boolean() }, { ...strict, description: 'says on the pages that this is a simulation' }),
    ),
    rules: Rules,
  },
  strict,
)
export type CloudFile = Static<typeof CloudFile>

/** A checked configuration: every path absolute. */
export type CloudConfig = CloudFile

/** Reads and checks `cloud.yaml`; opens no port. @throws DocumentError with every fault */
export function readCloudConfig(file: string): CloudConfig {
  const document = readYaml(file, CloudFile)
  const config = document.value
  const faults = checkRules(document, config.rules)
  if (!isZone(config.zone))
    faults.push(document.fault(['zone'], `expected a time zone such as Asia/Shanghai, got "${config.zone}"`))
  if (faults.length > 0) throw new DocumentError(faults)
  return { ...config, data: resolve(dirname(resolve(file)), config.data) }
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}
