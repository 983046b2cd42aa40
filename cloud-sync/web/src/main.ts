import { createApp } from 'vue'
import '../ui/tokens.css'
import '../ui/base.css'
import { rememberedTheme, showTheme } from '../ui/index.ts'
import { openApi } from './api/client.ts'
import App from './app.vue'
import { Desk } from './desk.ts'
import { buildI18n, firstLanguage, showLanguage } from './language.ts'
import { pageAt } from './page-path.ts'

const language = firstLanguage()
showLanguage(language)
showTheme(rememberedTheme())

const stop = new AbortController()
const api = openApi()
const page = pageAt(location.pathname)
const desk = page ? Desk.start(api, '/api/feed', stop.signal) : null
// A page that is kept for Back must not hold its connection; it starts anew when it is shown again.
addEventListener('pagehide', () => stop.abort())
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload()
})

createApp(App, { api, page, desk }).use(buildI18n(language)).mount('#page')
