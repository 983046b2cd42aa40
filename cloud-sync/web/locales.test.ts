import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'vue/compiler-sfc'
import { REASONS } from '#devices'
import { ACTIONS, CHANGE_KINDS, GRADES, SOURCES, STATION_STATES } from './src/api/views.ts'
import en from './src/locales/en.json' with { type: 'json' }
import zh from './src/locales/zh-CN.json' with { type: 'json' }

const folder = (name: string) => fileURLToPath(new URL(`./${name}/`, import.meta.url))
const files = ['src', 'ui'].flatMap((name) =>
  readdirSync(folder(name), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(vue|ts)$/.test(file) && !file.endsWith('.test.ts'))
    .map((file) => ({ name: `${name}/${file}`, text: readFileSync(folder(name) + file, 'utf8') })),
)
const pages = files.filter(({ name }) => name.endsWith('.vue'))

function leaves(messages: object, path = ''): Map<string, string> {
  return new Map(
    Object.entries(messages).flatMap(([key, value]: [string, unknown]) =>
      typeof value === 'object' && value !== null
        ? [...leaves(value, `${path}${key}.`)]
        : [[`${path}${key}`, String(value)] as const],
    ),
  )
}
/** The marks, read as text: their room's door loads components, which need a bundler. */
const MARKS = [...(files.find(({ name }) => name === 'ui/state-mark.ts')?.text ?? '').matchAll(/^ {2}'([a-z-]+)',$/gm)].map(
  ([, mark]) => mark,
)
const english = leaves(en)
const chinese = leaves(zh)

/** Keys said whole, and the fixed beginnings and ends of those that are put together: `t('a.b')`, t(`grade.${x}`). */
const calls = files.flatMap(({ text }) =>
  [...text.matchAll(/\bte?\(\s*(?:'([^']+)'|`([^`]+)`)/g)].map(([, whole, built]) => whole ?? built ?? ''),
)
const patterns = [...new Set(calls)].map((call) => {
  const parts = call.split(/\$\{[^}]*\}/).map((part) => part.replaceAll('.', '\\.'))
  return { call, pattern: new RegExp(`^${parts.join('[^.]+')}$`) }
})

describe('the words of the pages', () => {
  test('exist in both languages', () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort())
  })

  test('say the same things: each names the same values in both languages', () => {
    const values = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))].sort()
    for (const [key, text] of english) expect([key, values(chinese.get(key) ?? '')]).toEqual([key, values(text)])
  })

  test('are all there that the pages ask for', () => {
    const missing = patterns.filter(({ pattern }) => ![...english.keys()].some((key) => pattern.test(key)))
    expect(missing.map(({ call }) => call)).toEqual([])
  })

  test('are all asked for', () => {
    expect([...english.keys()].filter((key) => !patterns.some(({ pattern }) => pattern.test(key)))).toEqual([])
  })

  test('cover every state, grade, act, source and reason that the server may say', () => {
    expect(MARKS).toHaveLength(10)
    const wanted = [
      ...[...STATION_STATES, 'suspect', 'last'].map((state) => `mark.${state}`),
      ...MARKS.map((mark) => `legend.${mark}`),
      ...GRADES.map((grade) => `grade.${grade}`),
      ...ACTIONS.map((action) => `action.${action}`),
      ...CHANGE_KINDS.map((kind) => `change.${kind}`),
      ...SOURCES.map((source) => `source.${source}`),
      ...REASONS.map((reason) => `reason.${reason}`),
      ...['unreachable', 'timeout', 'contract', 'forbidden', 'not-found', 'refused', 'unavailable'].flatMap((code) => [
        `failure.${code}.title`,
        `failure.${code}.todo`,
      ]),
    ]
    expect(wanted.filter((key) => !english.has(key))).toEqual([])
  })

  test('are translated: no Chinese in the English file, and Chinese in the Chinese one', () => {
    const ownName = 'language.zh-CN'
    expect([...english].filter(([key, text]) => key !== ownName && /\p{Script=Han}/u.test(text))).toEqual([])
    const alike = [...chinese].filter(
      ([key, text]) => text === english.get(key) && /\p{Letter}{3}/u.test(text.replaceAll(/\{\w+\}/g, '')),
    )
    // Names of the product, of file kinds, of the language itself.
    expect(alike.map(([key]) => key).sort()).toEqual(['brand', 'file.csv', 'file.png', 'footer.version', 'language.en'])
  })
})

interface TemplateNode {
  readonly type: number
  readonly content?: unknown
  readonly children?: readonly TemplateNode[]
  readonly branches?: readonly TemplateNode[]
  readonly props?: readonly { readonly type: number; readonly name: string; readonly value?: { readonly content: string } }[]
}
const TEXT = 2
const ATTRIBUTE = 6
const SPOKEN = ['title', 'aria-label', 'placeholder', 'alt', 'label']

/** Text that stands in a template itself. */
function bareTexts(node: TemplateNode): string[] {
  const own = node.type === TEXT && typeof node.content === 'string' ? [node.content] : []
  const attributes = (node.props ?? []).flatMap(({ type, name, value }) =>
    type === ATTRIBUTE && SPOKEN.includes(name) && value ? [value.content] : [],
  )
  const within = [...(node.children ?? []), ...(node.branches ?? [])].flatMap(bareTexts)
  return [...own, ...attributes, ...within].filter((text) => /\p{Letter}/u.test(text))
}

describe('the code of the pages', () => {
  test.each(pages)('$name has no text of its own in its template', ({ text }) => {
    const { descriptor } = parse(text)
    expect(descriptor.template?.ast ? bareTexts(descriptor.template.ast as unknown as TemplateNode) : []).toEqual([])
  })

  test('has no Chinese anywhere: that is where words would be hidden', () => {
    const sources = files.map(({ name, text }) => ({ name, text: text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '') }))
    expect(sources.filter(({ text }) => /\p{Script=Han}/u.test(text)).map(({ name }) => name)).toEqual([])
  })

  test('finds a text that is written into a template', () => {
    const { descriptor } = parse('<template><div v-if="a"><p title="Hello">{{ t("x") }} · <b>World</b></p></div></template>')
    expect(bareTexts(descriptor.template?.ast as unknown as TemplateNode)).toEqual(['Hello', 'World'])
  })
})
