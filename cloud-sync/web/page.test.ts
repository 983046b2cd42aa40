import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildPageIfStale } from './built-page.ts'
import { webRoot } from './index.ts'
import { StageServer } from './stage/index.ts'

const CHROMIUM = '/usr/bin/chromium'
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]
const SHOTS = fileURLToPath(new URL('../../screenshots/', import.meta.url))
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const DESK = { width: 1440, height: 900 }
const PHONE = { width: 390, height: 844 }
type View = Pick<BrowserContextOptions, 'locale' | 'colorScheme' | 'viewport' | 'hasTouch' | 'timezoneId' | 'reducedMotion'>
const CHINESE: View = { locale: 'zh-CN', viewport: DESK }
const ENGLISH: View = { locale: 'en', viewport: DESK }

let browser: Browser

beforeAll(async () => {
  await buildPageIfStale()
  mkdirSync(SHOTS, { recursive: true })
  browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
}, 180_000)
afterAll(() => browser.close())

/** A page of a person of their own, which fails the test when its code throws. The zone is far from the site's on purpose. */
async function open(stage: StageServer, view: View, path = '/') {
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

interface Counting {
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
async function objections(page: Page): Promise<string[]> {
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
function painted(page: Page, token: string): Promise<number> {
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

const chartDrawn = (page: Page) => expect.poll(() => painted(page, 'rain'), { timeout: 20_000 }).toBeGreaterThan(200)

describe('the duty desk', () => {
  test('shows an alert as it is raised, what people are to do, and why, in either language and theme', async () => {
    await using stage = await StageServer.open(140, { speed: 60 })
    await using opened = await open(stage, CHINESE)
    const { page } = opened
    await page.getByRole('heading', { name: '当前无未解除告警' }).waitFor()
    await page.getByText(/最近一次数据：/).waitFor()
    expect(await page.getByText('模拟时间 ×60，暴雨过程循环重演').isVisible()).toBe(true)
    expect(await page.locator('time').first().textContent()).toMatch(/^12:2\d:\d\d$/)

    stage.advance(145)
    await page.getByText('准备转移：通知到户，人员车辆就位').first().waitFor()
    stage.advance(155)
    const strip = page.locator('.strip')
    await strip.getByText('立即转移：危险区人员全部撤至安置点').waitFor()
    expect(await strip.locator('li').count()).toBe(1)
    await page.locator('article').getByText('红色').waitFor()
    expect(await page.title()).toBe('(1) 示范流域 Demo basin – 值班台')

    await strip.getByRole('button', { name: /查看依据/ }).click()
    const evidence = page.locator('.evidence')
    await evidence.getByText('1小时累计 55.0 mm，阈值 50.0 mm').waitFor()
    expect(await evidence.locator('time').allTextContents()).toEqual(['2026-07-01 12:25', '2026-07-01 12:35'])
    expect(new URL(page.url()).searchParams.get('alert')).toBe('flash-2026-07-01')

    await page.getByText('English').click()
    await evidence.getByText('1 hr sum 55.0 mm, limit 50.0 mm').waitFor()
    await strip.getByText('Move now: everyone in the danger zone goes to the shelter').waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    await page.getByTitle('Dark').click()
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(13, 16, 19)')
    await page.reload()
    await evidence.getByText('1 hr sum 55.0 mm, limit 50.0 mm').waitFor()
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(13, 16, 19)')
  })

  test('tells a lost link at once, lets no old value pass as live, and is right again by itself', async () => {
    await using stage = await StageServer.open(200)
    await using opened = await open(stage, ENGLISH)
    const { page } = opened
    const level = page.locator('article').locator('.measure').first()
    await page.locator('header').getByText('Live').waitFor()
    const before = await level.textContent()

    stage.turn('broken')
    await page.getByText(/^No link to the server for \d+ sec\.$/).waitFor()
    expect(await page.getByText(/Values are as of 13:20:\d\d\./).isVisible()).toBe(true)
    expect(await level.getAttribute('class')).toContain('faded')
    expect(await page.locator('article').getByText('Last known: Red').isVisible()).toBe(true)
    expect(await page.locator('article').getByText(/ ago/).count()).toBe(0)
    stage.advance(235)
    expect(await level.textContent()).toBe(before)

    stage.turn('well')
    await page.locator('header').getByText('Live').waitFor({ timeout: 30_000 })
    await expect.poll(() => level.textContent()).toBe('33.79m')
    expect(await page.getByText(/No link to the server/).count()).toBe(0)
    expect(await page.locator('.strip').getByText('River flood').first().isVisible()).toBe(true)
    stage.advance(240)
    await expect.poll(() => level.textContent()).toBe('33.95m')
  })

  test('draws rain and level, reads both at one time, follows new rows and zooms', async () => {
    await using stage = await StageServer.open(290)
    await using opened = await open(stage, ENGLISH)
    const { page } = opened
    await chartDrawn(page)
    for (const token of ['ink', 'red', 'orange', 'yellow', 'blue'])
      expect([token, (await painted(page, token)) > 200]).toEqual([token, true])
    const reading = page.locator('.reading')
    expect(await reading.textContent()).toContain('Level35.46\u00a0m')
    stage.advance(300)
    await expect.poll(() => reading.textContent()).toContain('Level35.74\u00a0m')

    const chart = page.getByRole('slider')
    await chart.focus()
    for (let step = 0; step < 33; step++) await page.keyboard.press('ArrowLeft')
    expect(await chart.getAttribute('aria-valuetext')).toBe('2026-07-01 12:15, rain 9.0\u00a0mm, level 30.54\u00a0m')
    await page.keyboard.press('Home')
    expect(await reading.textContent()).toContain('2026-07-01 03:00')

    const box = await chart.boundingBox()
    if (!box) throw new Error('expected the chart to have a place')
    await page.mouse.move(box.x + box.width * 0.6, box.y + 100)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.8, box.y + 100)
    await page.mouse.up()
    await page.getByRole('button', { name: 'Back to 12 hr' }).waitFor()
    await reading.getByText('Rain in 5 min').waitFor()
    await page.keyboard.press('Escape')
    await page.getByTitle('3 hr').click()
    await reading.getByText('Rain in 5 min').waitFor()
    expect(new URL(page.url()).search).toBe('?window=3h')
  })

  test('says why a chart could not be had, and draws it with the next row', async () => {
    await using stage = await StageServer.open(290)
    await using opened = await open(stage, ENGLISH, '/no/such/page')
    const { page } = opened
    await page.route('**/api/rain?*', (route) => route.fulfill({ status: 503, json: { code: 'unavailable', message: '' } }))
    await page.getByRole('link', { name: 'To the duty desk' }).click()
    await page
      .locator('.chart')
      .getByText(/unavailable · 503/)
      .waitFor()
    await page.unroute('**/api/rain?*')
    stage.advance(295)
    await chartDrawn(page)
  })

  test('gives its data as files: the chart as PNG and CSV, the alerts as CSV', async () => {
    await using stage = await StageServer.open(300)
    await using opened = await open(stage, ENGLISH)
    const { page } = opened
    await chartDrawn(page)
    const download = async (name: string, index: number) => {
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page
          .getByRole('button', { name: new RegExp(`^${name}`) })
          .nth(index)
          .click(),
      ])
      return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) }
    }
    const png = await download('PNG', 0)
    expect(png.name).toBe('shiqiao-202607011515.png')
    expect(png.bytes.subarray(1, 4).toString()).toBe('PNG')
    expect(png.bytes.length).toBeGreaterThan(20_000)
    const rows = (await download('CSV', 0)).bytes.toString().split('\r\n')
    expect(rows[0]).toBe('\uFEFFtime,device,point,value,unit,interval_min,covered,quality')
    expect(rows).toContain('2026-07-01T12:30:00+08:00,rain-01,rain_total,31.0,mm,15,1,')
    expect(rows).toContain('2026-07-01T11:45:00+08:00,level-01,level,32.44,m,,,suspect')
    expect(rows).toContain('2026-07-01T06:15:00+08:00,rain-01,rain_total,,mm,15,0,')
    const alerts = await download('CSV', 1)
    expect(alerts.bytes.toString()).toContain(
      'river-2026-07-01,shiqiao,level-01,level,River flood,river-level,a91c04e27b5d3f68,escalated,2026-07-01T14:55:00+08:00,orange,,35.60,35.50,m,,cloud gateway,false',
    )
  })

  test('is worked from the keyboard: / filters, Enter opens, Esc closes, Back goes back', async () => {
    await using stage = await StageServer.open(300)
    await using opened = await open(stage, ENGLISH)
    const { page } = opened
    const rows = page.locator('tbody[data-alert]')
    await rows.first().waitFor()
    expect(await rows.count()).toBe(3)
    await page.keyboard.press('/')
    await page.keyboard.type('river')
    await expect.poll(() => rows.count()).toBe(1)
    expect(new URL(page.url()).searchParams.get('find')).toBe('river')
    for (let press = 0; press < 8 && !(await page.evaluate(() => document.activeElement?.hasAttribute('aria-expanded'))); press++)
      await page.keyboard.press('Tab')
    expect(await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle)).toBe('solid')
    await page.keyboard.press('Enter')
    await page.locator('.evidence').getByText('Level 35.60 m, limit 35.50 m').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.evidence').waitFor({ state: 'detached' })
    await page.goBack()
    await page.locator('.evidence').waitFor()

    await page.goto(`${stage.url}/?show=open&sort=worst`)
    await expect.poll(() => rows.count()).toBe(2)
    expect(await rows.first().getAttribute('data-alert')).toBe('flash-2026-07-01')
    await page.getByRole('button', { name: 'Opened' }).click()
    await expect.poll(() => rows.first().getAttribute('data-alert')).toBe('river-2026-07-01')
  })

  test('has a designed state while it loads, when there is nothing, when it may not or cannot, and for what does not exist', async () => {
    await using stage = await StageServer.open(100)
    stage.turn('silent')
    await using loading = await open(stage, ENGLISH)
    await loading.page.locator('[aria-busy=true]').waitFor()
    expect(await objections(loading.page)).toEqual([])

    stage.turn('broken')
    await using broken = await open(stage, ENGLISH)
    await broken.page.getByRole('heading', { name: 'The server cannot answer now' }).waitFor()
    expect(await broken.page.getByText(/unavailable · 503 store-closed/).isVisible()).toBe(true)
    expect(await objections(broken.page)).toEqual([])
    stage.turn('forbidden')
    await using forbidden = await open(stage, CHINESE)
    await forbidden.page.getByText('请联系本站管理员开通权限。').waitFor()
    stage.turn('well')
    await broken.page.getByText('Shiqiao').first().waitFor({ timeout: 30_000 })

    await using nowhere = await open(stage, ENGLISH, '/no/such/page')
    await nowhere.page.getByRole('heading', { name: 'There is no such page' }).waitFor()
    expect(await objections(nowhere.page)).toEqual([])
    await using stranger = await open(stage, ENGLISH, '/?station=nowhere')
    await stranger.page.getByRole('heading', { name: 'There is no such station' }).waitFor()

    await using fresh = await StageServer.open(100, { isEmpty: true })
    await using empty = await open(fresh, CHINESE)
    await empty.page.getByText('sluice gateway --config gateway.yaml').waitFor()
    expect(await objections(empty.page)).toEqual([])
    await empty.page.screenshot({ path: `${SHOTS}duty-desk-empty-zh-1440.png`, fullPage: true })
    await broken.page.goto(stage.url)
  })

  test('shows a device that no longer answers: its state, its silence, and no green', async () => {
    await using stage = await StageServer.open(100)
    stage.site.faults = { noAnswer: true, noThreshold: true }
    await using opened = await open(stage, ENGLISH)
    const { page } = opened
    const card = page.locator('article')
    await card.getByText('No threshold').waitFor()
    await card.getByText('no answer').first().waitFor()
    expect(await card.getByText('offline').count()).toBe(1)
    expect(await objections(page)).toEqual([])
  })

  test('prints on paper: light, without what can only be clicked', async () => {
    await using stage = await StageServer.open(300)
    await using opened = await open(stage, { ...ENGLISH, colorScheme: 'dark' }, '/?alert=river-2026-07-01')
    const { page } = opened
    await chartDrawn(page)
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')))
    await page.emulateMedia({ media: 'print' })
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(255, 255, 255)')
    expect(
      await page
        .locator('.screen-only')
        .evaluateAll((all) => all.filter((one) => getComputedStyle(one).display !== 'none').length),
    ).toBe(0)
    expect(await page.locator('.evidence').isVisible()).toBe(true)
    expect(await painted(page, 'ink')).toBeGreaterThan(200)
    await page.screenshot({ path: `${SHOTS}duty-desk-print.png`, fullPage: true })
  })
})

describe.each([
  ['zh-CN', 'zh'],
  ['en', 'en'],
] as const)('in %s', (locale, short) => {
  test.each([
    [DESK, 'light'],
    [DESK, 'dark'],
    [PHONE, 'light'],
    [PHONE, 'dark'],
  ] as const)('%o %s stands still, fits its screen, and axe finds nothing', async (viewport, colorScheme) => {
    await using stage = await StageServer.open(300, { speed: 60 })
    await using opened = await open(
      stage,
      { locale, viewport, colorScheme, hasTouch: viewport === PHONE },
      '/?alert=river-2026-07-01',
    )
    const { page } = opened
    await chartDrawn(page)
    await page.locator('.evidence').waitFor()
    const shift = await page.evaluate(() => (globalThis as unknown as Counting).shifts)
    expect(shift).toBeLessThan(0.1)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width)
    expect(await objections(page)).toEqual([])
    await page.screenshot({ path: `${SHOTS}duty-desk-${short}-${viewport.width}-${colorScheme}.png`, fullPage: true })
  })
})

test('the script that is loaded before the chart is asked for is within its budget', () => {
  const manifest = `${webRoot}/.vite/manifest.json`
  expect(existsSync(manifest)).toBe(true)
  const chunks: Record<string, { file: string; isEntry?: boolean; imports?: string[]; dynamicImports?: string[] }> = JSON.parse(
    readFileSync(manifest, 'utf8'),
  )
  const first = new Set(Object.keys(chunks).filter((name) => chunks[name]?.isEntry))
  for (const name of first) for (const needed of chunks[name]?.imports ?? []) first.add(needed)
  const files = [...first].map((name) => readFileSync(`${webRoot}/${chunks[name]?.file}`))
  const bytes = files.reduce((sum, file) => sum + gzipSync(file).length, 0)
  expect(bytes).toBeGreaterThan(10_000)
  expect(bytes).toBeLessThanOrEqual(250 * 1024)
  const later = Object.values(chunks).filter(({ isEntry, dynamicImports }) => isEntry && dynamicImports?.length)
  expect(later).toHaveLength(1)
})
