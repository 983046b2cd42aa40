import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { webRoot } from './index.ts'
import {
  CHINESE,
  type Counting,
  chartDrawn,
  DESK,
  ENGLISH,
  objections,
  openBrowser,
  openPage,
  PHONE,
  painted,
  SHOTS,
  type View,
} from './page.fixture.ts'
import { StageServer } from './stage/index.ts'

let browser: Browser
const open = (stage: StageServer, view: View, path = '/') => openPage(browser, stage, view, path)

beforeAll(async () => {
  browser = await openBrowser()
}, 180_000)
afterAll(() => browser.close())

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

  test('says in words that a gateway is not to be trusted, and leads to what is held against it', async () => {
    await using stage = await StageServer.open(100)
    stage.site.faults = { noAnswer: false, noThreshold: false, cloned: true }
    await using opened = await open(stage, CHINESE)
    const { page } = opened
    await page.locator('article').getByText('网关 gw-01 的磁盘曾被还原或复制').waitFor()
    expect(await objections(page)).toEqual([])
    await page.screenshot({ path: `${SHOTS}duty-desk-cloned-zh-1440.png` })
    await page.locator('article').getByRole('link', { name: '入库核对' }).click()
    await page.waitForURL('**/dead-letters?kind=epoch')
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

describe('the data check', () => {
  async function openLetters(shown: number, view: View, path = '/dead-letters') {
    const stage = await StageServer.open(300)
    stage.lettersShown = shown
    const opened = await open(stage, view, path)
    const stack = new AsyncDisposableStack()
    stack.use(stage)
    stack.use(opened)
    return { stage, page: opened.page, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  }

  test('is reached from the duty desk by a link that says how much could not be stored, and leads back', async () => {
    await using opened = await openLetters(3, ENGLISH, '/')
    const { page } = opened
    await page.getByRole('link', { name: 'Data check 3 could not be stored' }).click()
    await page.getByRole('heading', { name: '3 things could not be stored' }).waitFor()
    expect(await page.title()).toMatch(/ – data check$/)
    await page.getByRole('link', { name: 'Duty desk' }).click()
    await page.locator('.strip').waitFor()
  })

  test('says in plain words that everything was stored, and shows the account of every row', async () => {
    await using opened = await openLetters(0, CHINESE)
    const { page } = opened
    await page.getByRole('heading', { name: '收到的数据已全部入库' }).waitFor()
    await page.getByText('账目相符').waitFor()
    expect(await page.locator('.account li').count()).toBe(1)
    expect(await page.getByRole('button', { name: /CSV/ }).isDisabled()).toBe(true)
    expect(await objections(page)).toEqual([])
    await page.screenshot({ path: `${SHOTS}data-check-empty-zh-1440.png`, fullPage: true })
    await page.goto(opened.stage.url)
    await page.locator('.strip').waitFor()
    expect(await page.getByRole('link', { name: '入库核对' }).textContent()).not.toMatch(/\d/)
  })

  test('tells of each kind why, what to do, and what came, to be copied', async () => {
    await using opened = await openLetters(6, { ...ENGLISH, permissions: ['clipboard-read', 'clipboard-write'] })
    const { page } = opened
    const rows = page.locator('[data-letter]')
    await expect.poll(() => rows.count(), { timeout: 20_000 }).toBe(6)
    expect(await page.getByText('The time of the row is more than a day ahead').isVisible()).toBe(true)
    const openOne = async (kind: string) => {
      await page.getByRole('button', { name: kind, exact: true }).click()
      return page.locator('.letter')
    }
    const refused = await openOne('Refused')
    await refused.getByText('The gateway keeps these rows aside').waitFor()
    expect(await refused.getByText('readings 4812–4815').isVisible()).toBe(true)
    await refused.getByRole('button', { name: 'Copy' }).click()
    await refused.getByText('Copied').waitFor()
    expect(JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))).toMatchObject({
      device: 'level-01',
      value: 3546,
    })

    const message = await openOne('Unreadable message')
    await message.getByText('What came: 96 bytes, in hex').first().waitFor()
    expect(await message.getByText('82 a7 cc f1').isVisible()).toBe(true)
    expect(await message.getByText('sluice/1/gw-01/up').isVisible()).toBe(true)
    for (const [kind, todo] of [
      ['Journal not trusted', 'one gateway alone has this name'],
      ['Declared lost', 'The times tell where the series has a gap'],
      ['Refused by the store', 'fill the store again'],
      ['Damaged in the inbox', 'Check that disk'],
    ] as const)
      await (await openOne(kind)).getByText(todo).waitFor()
    expect(await page.locator('.account').getByText('12 missing or under way').isVisible()).toBe(true)
  })

  test('is filtered by kind and gateway from the keyboard, keeps that in the address, and pages back', async () => {
    await using opened = await openLetters(66, ENGLISH)
    const { page } = opened
    const rows = page.locator('[data-letter]')
    await expect.poll(() => rows.count(), { timeout: 20_000 }).toBe(50)
    await page.getByRole('button', { name: 'Show older ones' }).click()
    await expect.poll(() => rows.count(), { timeout: 20_000 }).toBe(66)
    expect(await page.getByRole('button', { name: 'Show older ones' }).count()).toBe(0)

    await page.keyboard.press('/')
    await page.keyboard.press('j')
    await expect.poll(() => rows.count(), { timeout: 20_000 }).toBe(1)
    expect(new URL(page.url()).search).toBe('?kind=epoch')
    await page.keyboard.press('Tab')
    await page.keyboard.press('g')
    await page.getByText('Nothing of this kind, or of this gateway, stands aside.').waitFor()
    expect(new URL(page.url()).search).toBe('?kind=epoch&gateway=gw-01')
    await page.reload()
    await page.getByText('Nothing of this kind, or of this gateway, stands aside.').waitFor()

    await page.goto(`${opened.stage.url}/dead-letters?gateway=gw-02`)
    await page.getByRole('button', { name: 'Journal not trusted' }).focus()
    await page.keyboard.press('Enter')
    await page.locator('.letter').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.letter').waitFor({ state: 'detached' })
    await page.goBack()
    await page.locator('.letter').waitFor()
  })

  test('gives what is shown as a file, and prints what is open', async () => {
    await using opened = await openLetters(6, ENGLISH, '/dead-letters?letter=unreadable-4')
    const { page } = opened
    await page.locator('.letter').waitFor()
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: /^CSV/ }).click()])
    expect(file.suggestedFilename()).toBe('dead-letters-202607011500.csv')
    const text = readFileSync(await file.path(), 'utf8')
    expect(text.split('\r\n')).toHaveLength(8)
    expect(text).toContain(',loss,gw-01,9f3c1d27a4b85e60,reading,"2001-2960, 2990",961,rain-01,')
    await page.emulateMedia({ media: 'print' })
    expect(await page.locator('.letter').isVisible()).toBe(true)
    expect(await page.getByRole('button', { name: /^CSV/ }).count()).toBe(0)
    await page.screenshot({ path: `${SHOTS}data-check-print.png`, fullPage: true })
  })

  test('says that it cannot tell, and tells when it can again', async () => {
    await using stage = await StageServer.open(100)
    stage.turn('silent')
    await using loading = await open(stage, ENGLISH, '/dead-letters')
    await loading.page.locator('[aria-busy=true]').waitFor()
    expect(await objections(loading.page)).toEqual([])
    stage.turn('broken')
    await using broken = await open(stage, ENGLISH, '/dead-letters')
    await broken.page.getByRole('heading', { name: 'The server cannot answer now' }).waitFor()
    expect(await objections(broken.page)).toEqual([])
    stage.turn('well')
    await broken.page.getByRole('heading', { name: 'Everything that came was stored' }).waitFor({ timeout: 30_000 })
    await loading.page.goto('about:blank')
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
    stage.lettersShown = 66
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

    stage.lettersShown = 6
    await page.goto(`${stage.url}/dead-letters?letter=unreadable-4`)
    await page.locator('.letter').waitFor()
    await page.locator('.account li').first().waitFor()
    expect(await page.evaluate(() => (globalThis as unknown as Counting).shifts)).toBeLessThan(0.1)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width)
    expect(await objections(page)).toEqual([])
    await page.screenshot({ path: `${SHOTS}data-check-${short}-${viewport.width}-${colorScheme}.png`, fullPage: true })
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
