import { describe, expect, test } from 'vitest'
import { buildFormat, digits } from './format.ts'

const zh = buildFormat('zh-CN', 'Asia/Shanghai')
const en = buildFormat('en', 'Asia/Shanghai')
const AT = Date.UTC(2026, 6, 1, 16, 5, 9)
const MINUTE = 60_000
const HOUR = 60 * MINUTE

describe('numbers', () => {
  test.each([
    [3305, 2, '33.05'],
    [5, 1, '0.5'],
    [0, 2, '0.00'],
    [7, 0, '7'],
    [-50, 2, '-0.50'],
    [-1234, 1, '-123.4'],
    [9007199254740991, 3, '9007199254740.991'],
  ])('%i counts with %i decimals are written exactly', (count, decimals, text) => {
    expect(digits(count, decimals)).toBe(text)
  })

  test('a number below zero has a true minus sign on the page and an ASCII one in files', () => {
    expect(zh.value(-50, 2)).toBe('−0.50')
    expect(digits(-50, 2)).toBe('-0.50')
  })

  test('a measure has its unit, and none when there is no unit', () => {
    expect(en.measure(3305, 2, 'm')).toBe('33.05\u00a0m')
    expect(en.measure(3, 0, '')).toBe('3')
  })

  test('a part that is not all is never 100 %', () => {
    expect(en.percent(0.9999)).toBe('99%')
    expect(en.percent(1)).toBe('100%')
  })
})

describe('ages and durations', () => {
  test.each([
    [0, '0 sec ago', '0 秒前'],
    [119_999, '119 sec ago', '119秒前'],
    [2 * MINUTE, '2 min ago', '2分钟前'],
    [100 * MINUTE, '100 min ago', '100分钟前'],
    [2 * HOUR, '2 hr ago', '2小时前'],
    [72 * HOUR, '3 days ago', '3天前'],
  ])('%i ms are told in the unit a person would choose', (ms, english, chinese) => {
    // Editions of the language data differ in a space or a point.
    const plain = (text: string) => text.replaceAll(/[ .\u00a0\u202f]/g, '')
    expect(plain(en.age(ms))).toBe(plain(english))
    expect(plain(zh.age(ms))).toBe(plain(chinese))
  })

  test('a value from the future is no older than now', () => {
    expect(en.age(-5_000)).toBe(en.age(0))
  })

  test('what lasts for hours is told with its minutes', () => {
    expect(en.duration(147 * MINUTE)).toBe('2 hr 27 min')
    expect(zh.duration(147 * MINUTE)).toBe('2小时 27分钟')
    expect(en.duration(50 * HOUR)).toBe('2 days 2 hr')
    expect(en.duration(12 * MINUTE)).toBe('12 min')
  })

  test('a window of whole hours is told in hours, another in minutes', () => {
    expect([5 * MINUTE, HOUR, 90 * MINUTE, 24 * HOUR].map(en.window)).toEqual(['5 min', '1 hr', '90 min', '24 hr'])
  })
})

describe('times', () => {
  test('are those of the site, whatever zone the browser is in', () => {
    expect(en.second(AT)).toBe('00:05:09')
    expect(en.minute(AT)).toBe('00:05')
    expect(en.dateMinute(AT)).toBe('2026-07-02 00:05')
  })

  test('in files carry their offset', () => {
    expect(en.iso(AT)).toBe('2026-07-02T00:05:09+08:00')
    expect(buildFormat('en', 'America/St_Johns').iso(AT)).toBe('2026-07-01T13:35:09-02:30')
    expect(buildFormat('en', 'UTC').iso(AT)).toBe('2026-07-01T16:05:09+00:00')
  })

  test('the zone has a name in the language of the page and an offset that needs none', () => {
    expect(zh.zoneName).toBe('中国标准时间')
    expect(en.zoneName).toBe('China Standard Time')
    expect(en.zoneOffset).toBe('UTC+8')
    expect(en.offsetMs(AT)).toBe(8 * HOUR)
  })
})
