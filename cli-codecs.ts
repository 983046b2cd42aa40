import { readFileSync, statSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { type Codec, SIDES } from '#protocols/codec'
import { bytesArgument, jsonArgument, UsageError } from './cli-arguments.ts'

/** No protocol's message is longer. */
const FRAME_BYTES_MAX = 16 * 1024 * 1024

/** `decode` and `encode`. */
export function addCodecCommands(program: Command): void {
  const sideOption = () =>
    new Option('--as <side>', 'for protocols whose bytes do not tell it (default response)').choices([...SIDES])

  program
    .command('decode')
    .description('what the bytes of one frame mean')
    .argument('[protocol]', 'its name, see --list')
    .addOption(new Option('--hex <bytes>', 'the frame as hex digits').argParser(bytesArgument))
    .option('--text <text>', 'the frame as text')
    .option('--file <file>', 'the frame as it stands in a file')
    .addOption(sideOption())
    .option('--list', 'name the protocols')
    .option('--json', 'one JSON object instead of the bytes with their meaning')
    .action(async (name: string | undefined, { hex, text, file, as, list, json }) => {
      if (list) return listProtocols(json)
      const codec = await codecOf(name)
      const given = [hex, text === undefined ? undefined : Buffer.from(text), file === undefined ? undefined : readFrame(file)]
      const [bytes, ...others] = given.filter((each) => each !== undefined)
      if (bytes === undefined || others.length > 0) throw new UsageError('expected one of --hex, --text and --file')
      const { dump } = await import('#protocols/codec')
      await refusable(json, () => {
        const { value, fields } = codec.decode(bytes, as)
        console.log(json ? JSON.stringify(value) : dump(bytes, fields))
      })
    })

  program
    .command('encode')
    .description('the bytes of one frame, as hex')
    .argument('<protocol>', 'its name, see decode --list')
    .argument('<json>', 'what it says, as decode --json prints it', jsonArgument)
    .addOption(sideOption())
    .option('--raw', 'the bytes themselves instead of hex')
    .action(async (name: string, value: unknown, { as, raw }) => {
      const codec = await codecOf(name)
      const { encode } = codec
      if (encode === undefined) throw new UsageError(`expected a protocol that can be encoded, got ${name}, which is only read`)
      await refusable(false, () => {
        const bytes = encode(value, as)
        if (raw) process.stdout.write(bytes)
        else console.log(Buffer.from(bytes).toString('hex').toUpperCase())
      })
    })
}

/** @throws UsageError for a name that is none */
async function codecOf(name: string | undefined): Promise<Codec> {
  const { loadCodec, PROTOCOLS } = await import('#protocols')
  if (name === undefined) throw new UsageError(`expected a protocol of ${PROTOCOLS.join(', ')}, got none`)
  return await loadCodec(name).catch((error: unknown) => {
    throw error instanceof RangeError ? new UsageError(error.message) : error
  })
}

async function listProtocols(json: boolean | undefined): Promise<void> {
  const { loadCodecs } = await import('#protocols')
  const codecs = await loadCodecs()
  if (json)
    console.log(
      JSON.stringify(
        codecs.map(({ name, title, evidence, encode }) => ({ name, title, encodes: encode !== undefined, evidence })),
      ),
    )
  const width = Math.max(...codecs.map(({ name }) => name.length))
  if (!json) for (const { name, title } of codecs) console.log(`${name.padEnd(width)}  ${title}`)
}

/** Runs what may find bytes to be no message; then names the error's code, and exits 1. */
async function refusable(json: boolean | undefined, run: () => void): Promise<void> {
  const { ProtocolError } = await import('#protocols/error')
  try {
    run()
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    const { code, message } = error
    if (json) console.log(JSON.stringify({ error: code, message }))
    console.error(`${code}: ${message}`)
    process.exitCode = 1
  }
}

function readFrame(file: string): Buffer {
  const { size } = statSync(file)
  if (size > FRAME_BYTES_MAX) throw new UsageError(`expected a frame of at most ${FRAME_BYTES_MAX} bytes in ${file}, got ${size}`)
  return readFileSync(file)
}
