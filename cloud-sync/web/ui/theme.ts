import { remember, remembered } from './remembered.ts'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'sluice.theme'

/** The remembered theme; `system` when nothing was chosen. */
export const rememberedTheme = (): Theme => remembered(KEY, THEMES) ?? 'system'

/** Shows a theme without remembering it. */
export function showTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

/** Shows a theme and remembers it. */
export function chooseTheme(theme: Theme): void {
  showTheme(theme)
  remember(KEY, theme)
}

/** What a token's colour is in the theme shown now, as `rgb(…)`: for a canvas, which knows no custom properties. */
export function tokenColours<T extends string>(within: HTMLElement, tokens: readonly T[]): Record<T, string> {
  const probe = document.createElement('span')
  probe.hidden = true
  within.append(probe)
  const colours = Object.fromEntries(
    tokens.map((token) => {
      probe.style.color = `var(--${token})`
      return [token, getComputedStyle(probe).color]
    }),
  )
  probe.remove()
  // The keys are exactly `tokens`.
  return colours as Record<T, string>
}
