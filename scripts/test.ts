import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Types, then lint, then tests; stops at the first that fails. The last line is always `N passed, N failed`; exits 0 or 1. */
const ROOT = fileURLToPath(new URL('../', import.meta.url))
const WEB_SOURCES = 'cloud-sync/web/src'
const CLOSING = /^(\d+) passed, (\d+) failed/

interface Step {
  readonly name: string
  /** A JavaScript file and its arguments, run by this process's own Node. */
  readonly script: readonly string[]
}

const checks: Step[] = [
  { name: 'types', script: ['node_modules/ts7/bin/tsc', '--noEmit', '-p', 'tsconfig.json'] },
  ...(existsSync(ROOT + WEB_SOURCES)
    ? [{ name: 'types of the pages', script: ['node_modules/vue-tsc/bin/vue-tsc.js', '--noEmit', '-p', 'tsconfig.web.json'] }]
    : []),
  { name: 'lint', script: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'] },
]
const tests: Step = {
  name: 'tests',
  script: [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=./scripts/plain-reporter.ts',
    ...process.argv.slice(2),
  ],
}

process.exitCode = await runAll()

async function runAll(): Promise<number> {
  for (const check of checks) {
    if ((await run(check)).code === 0) continue
    console.log(`${check.name} failed\n0 passed, 1 failed`)
    return 1
  }
  const { code, lastLine } = await run(tests)
  const [, passed = '0', failed = '0'] = CLOSING.exec(lastLine) ?? []
  const isClosed = CLOSING.test(lastLine) && (code === 0) === (failed === '0')
  // The runner broke off before its reporter, or found a fault beside the tests.
  if (!isClosed) console.log(`${passed} passed, ${failed === '0' ? 1 : failed} failed`)
  return code === 0 && isClosed ? 0 : 1
}

/** Runs a step with its output passed through; resolves to its exit code and the last line it printed that is not empty. */
function run({ name, script }: Step): Promise<{ code: number | null; lastLine: string }> {
  console.log(`— ${name}`)
  const env = process.stdout.isTTY ? { ...process.env, FORCE_COLOR: '1' } : process.env
  const child = spawn(process.execPath, script, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] })
  let tail = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    process.stdout.write(text)
    tail = (tail + text).slice(-1000)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, lastLine: tail.trimEnd().split('\n').at(-1) ?? '' }))
  })
}
