import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Types, then lint, then tests; stops at the first that fails. The last line is always `N passed, N failed`; exits 0 or 1. */
const ROOT = fileURLToPath(new URL('../', import.meta.url))
const WEB_SOURCES = 'cloud-sync/web/src'
/** The account of lines may stand behind the reporter's closing line. */
const TAIL_CHARACTERS = 16_384
const CLOSING = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/m

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
const vitest = (name: string, ...args: readonly string[]): Step => ({
  name,
  script: ['node_modules/vitest/vitest.mjs', 'run', '--reporter=default', '--reporter=./scripts/plain-reporter.ts', ...args],
})
const chosen = process.argv.slice(2)
const CODECS = 'firmware-protocols'
/** Of the codecs every line is run, as bytes from outside may run it; who chooses tests wants no account of lines. */
const tests =
  chosen.length > 0
    ? [vitest('tests', ...chosen)]
    : [vitest('tests of the codecs, with every line run', CODECS, '--coverage'), vitest('tests', `--exclude=${CODECS}/**`)]

process.exitCode = await runAll()

async function runAll(): Promise<number> {
  for (const check of checks) {
    if ((await run(check)).code === 0) continue
    console.log(`${check.name} failed\n0 passed, 1 failed`)
    return 1
  }
  let [passed, failed, skipped] = [0, 0, 0]
  for (const step of tests) {
    const { code, closing } = await run(step)
    passed += closing?.passed ?? 0
    skipped += closing?.skipped ?? 0
    // A runner that broke off before its reporter, or found a fault beside the tests, has failed too.
    failed += Math.max(closing?.failed ?? 1, code === 0 ? 0 : 1)
  }
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  return failed === 0 ? 0 : 1
}

interface Ended {
  readonly code: number | null
  /** What the reporter counted; undefined if it did not come to it. */
  readonly closing: { readonly passed: number; readonly failed: number; readonly skipped: number } | undefined
}

/** Runs a step with its output passed through. */
function run({ name, script }: Step): Promise<Ended> {
  console.log(`— ${name}`)
  const env = process.stdout.isTTY ? { ...process.env, FORCE_COLOR: '1' } : process.env
  const child = spawn(process.execPath, script, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] })
  let tail = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    process.stdout.write(text)
    tail = (tail + text).slice(-TAIL_CHARACTERS)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      const [, passed, failed, skipped = 0] = CLOSING.exec(tail) ?? []
      resolve({
        code,
        closing: passed === undefined ? undefined : { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) },
      })
    })
  })
}
