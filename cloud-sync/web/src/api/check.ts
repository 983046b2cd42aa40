import { ApiError } from './api-error.ts'

/** Takes what came over the wire at `path`, gives it back typed, or throws `ApiError` `contract` saying what was expected. */
export type Check<T> = (value: unknown, path: string) => T
/** The type that a check lets through. */
export type Checked<C> = C extends Check<infer T> ? T : never

const refuse = (path: string, expected: string, value: unknown): never => {
  throw new ApiError('contract', `${path}: expected ${expected}, got ${JSON.stringify(value)?.slice(0, 60) ?? 'nothing'}`)
}

export const text: Check<string> = (value, path) => (typeof value === 'string' ? value : refuse(path, 'a text', value))
export const flag: Check<boolean> = (value, path) => (typeof value === 'boolean' ? value : refuse(path, 'true or false', value))
export const number: Check<number> = (value, path) =>
  typeof value === 'number' && Number.isFinite(value) ? value : refuse(path, 'a number', value)

export const nullable =
  <T>(check: Check<T>): Check<T | null> =>
  (value, path) =>
    value === null || value === undefined ? null : check(value, path)

/** A key that may be missing; a null counts as missing. */
export const optional =
  <T>(check: Check<T>): Check<T | undefined> =>
  (value, path) =>
    value === null || value === undefined ? undefined : check(value, path)

export const oneOf =
  <const T extends string>(choices: readonly T[]): Check<T> =>
  (value, path) =>
    choices.find((choice) => choice === value) ?? refuse(path, choices.join(' or '), value)

export const list =
  <T>(check: Check<T>): Check<readonly T[]> =>
  (value, path) =>
    Array.isArray(value) ? value.map((item, index) => check(item, `${path}[${index}]`)) : refuse(path, 'a list', value)

/** An object with at least these keys; other keys are left out, so that a newer server may say more. */
export const record =
  <S extends Record<string, Check<unknown>>>(shape: S): Check<{ readonly [K in keyof S]: Checked<S[K]> }> =>
  (value, path) => {
    if (typeof value !== 'object' || value === null) return refuse(path, 'an object', value)
    const from = new Map(Object.entries(value))
    const entries = Object.entries(shape).map(([key, check]) => [key, check(from.get(key), `${path}.${key}`)])
    // The keys are those of `shape`, each checked by its own check.
    return Object.fromEntries(entries) as { readonly [K in keyof S]: Checked<S[K]> }
  }

/** What a device said: a count of 10^-decimals, a state, a text, or null: no data. */
export const reported: Check<number | boolean | string | null> = (value, path) =>
  value === null || typeof value === 'boolean' || typeof value === 'string' ? value : number(value, path)
