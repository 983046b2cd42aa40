import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'
import { buildPageIfStale } from './built-page.ts'
import type { StageServer } from './stage/index.ts'

const CHROMIUM = '/usr/bin/chromium'
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]
export const SHOTS = fileURLToPath(new URL('../../screenshots/', import.meta.url))
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export const DESK = { width: 1440, height: 900 }
export const PHONE = { width: 390, height: 844 }
export type View = Pick<
  BrowserContextOptions,
  'locale' | 'colorScheme' | 'viewport' | 'hasTouch' | 'timezoneId' | 'reducedMotion' | 'permissions'
>
export const CHINESE: View = { locale: 'zh-CN', viewport: DESK }
export const ENGLISH: View = { locale: 'en', viewport: DESK }

/** A browser for the built pages; whoever opened it closes it. */
export async function openBrowser(): Promise<Browser> {
  await buildPageIfStale()
  mkdirSync(SHOTS, { recursive: true })
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
}

/** A page of a person of their own, which fails the test when its code throws. The zone is far from the site's on purpose. */
export async function openPage(browser: Browser, stage: StageServer, view: View, path = '/') {
  const context = await browser.newContext({
    timezoneId: 'America/New_York',
    colorScheme: 'light',
    reducedMotion: 'reduce',
    ...view,
  })
  await context.addInitScript(countShifts)
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) faults.push(message.text())
  })
  await page.goto(stage.url + path)
  return {
    page,
    async [Symbol.asyncDispose]() {
      await context.close()
      if (faults.length > 0) throw new Error(`expected a page without faults, got ${faults.slice(0, 3).join('; ')}`)
    },
  }
}

export interface Counting {
  /** The sum of all layout shifts, as the browser counts them. */
  shifts: number
}

/** Runs in the page, before its own code. */
function countShifts(): void {
  const counting = globalThis as unknown as Counting
  counting.shifts = 0
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) counting.shifts += 'value' in entry ? Number(entry.value) : 0
  }).observe({ type: 'layout-shift', buffered: true })
}

/** What axe objects to, as short lines. */
export async function objections(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return page.evaluate(async () => {
    const { violations } = await (
      globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }> }
      }
    ).axe.run()
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 120)} ${failureSummary?.slice(0, 200)}`),
    )
  })
}

/** How many pixels of the chart have about the colour of a token. */
export function painted(page: Page, token: string): Promise<number> {
  return page.evaluate((name) => {
    const probe = document.createElement('span')
    probe.style.color = `var(--${name})`
    document.body.append(probe)
    const [red = 0, green = 0, blue = 0] = (getComputedStyle(probe).color.match(/\d+/g) ?? []).map(Number)
    probe.remove()
    const canvas = document.querySelector('canvas')
    const data = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? new Uint8ClampedArray()
    let count = 0
    for (let at = 0; at < data.length; at += 4) {
      const far = Math.abs((data[at] ?? 0) - red) + Math.abs((data[at + 1] ?? 0) - green) + Math.abs((data[at + 2] ?? 0) - blue)
      if (far < 12 && (data[at + 3] ?? 0) > 250) count++
    }
    return count
  }, token)
}

export const chartDrawn = (page: Page) => expect.poll(() => painted(page, 'rain'), { timeout: 20_000 }).toBeGreaterThan(200)
