import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { webRoot } from './index.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const SOURCES = ['src', 'ui', 'index.html', 'vite.config.ts']

/** Builds the page when it is missing or older than what it is made of. @throws Error with what the build said */
export async function buildPageIfStale(): Promise<void> {
  const built = `${webRoot}/index.html`
  if (existsSync(built) && statSync(built).mtimeMs > Math.max(...SOURCES.map((source) => newestMs(here(source))))) return
  const vite = createRequire(import.meta.url)
    .resolve('vite/package.json')
    .replace(/package\.json$/, 'bin/vite.js')
  const build = spawn(process.execPath, [vite, 'build', here('.')], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [build.stdout, build.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [code] = await once(build, 'close')
  if (code !== 0) throw new Error(`expected the page to build, got exit ${code}:\n${said}`)
}

function newestMs(path: string): number {
  const itself = statSync(path)
  if (!itself.isDirectory()) return itself.mtimeMs
  return Math.max(
    itself.mtimeMs,
    ...readdirSync(path, { withFileTypes: true }).map((entry) =>
      entry.name.endsWith('.test.ts') ? 0 : newestMs(`${path}/${entry.name}`),
    ),
  )
}
