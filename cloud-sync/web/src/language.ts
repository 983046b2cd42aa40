import { createI18n } from 'vue-i18n'
import { remember, remembered } from '../ui/index.ts'
import en from './locales/en.json'
import zhCn from './locales/zh-CN.json'

export const LANGUAGES = ['zh-CN', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

const KEY = 'sluice.language'

/** The remembered language, or the first of the browser's languages that the page speaks. */
export function firstLanguage(): Language {
  const asked = navigator.languages.find((tag) => /^(zh|en)\b/i.test(tag))
  return remembered(KEY, LANGUAGES) ?? (asked && /^zh/i.test(asked) ? 'zh-CN' : 'en')
}

/** Tells the document its language, for fonts, hyphens and readers. */
export function showLanguage(language: Language): void {
  document.documentElement.lang = language
}

export function chooseLanguage(language: Language): void {
  showLanguage(language)
  remember(KEY, language)
}

/** The page's words in both languages. */
export function buildI18n(language: Language) {
  return createI18n({ legacy: false, locale: language, fallbackLocale: 'en', messages: { 'zh-CN': zhCn, en } })
}
