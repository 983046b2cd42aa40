import { InvalidArgumentError } from 'commander'
import { durationMs, parseClock } from '#devices'

/** Called wrongly in a way that the arguments alone do not show: exit 2. */
export class UsageError extends Error {}

/** Arguments of the command line as values. Each throws commander's `InvalidArgumentError`, with what was expected and what came. */

/** A demo that ends by itself ends within a day. */
export const FOR_MS_MAX = 86_400_000

export function clockArgument(text: string): string {
  try {
    parseClock(text, 0)
    return text
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
}

export function durationArgument(text: string): number {
  let ms: number
  try {
    ms = durationMs(text)
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
  if (!(ms > 0 && ms <= FOR_MS_MAX)) throw new InvalidArgumentError(`expected at least 1ms and at most 1d, got "${text}"`)
  return ms
}

export function urlArgument(text: string): string {
  if (!/^https?:\/\/[^/@?#]+(\/[^?#]*)?$/.test(text))
    throw new InvalidArgumentError(`expected a URL as http://127.0.0.1:8086, got "${text}"`)
  return text
}

/** A time with its zone, or epoch ms: a time without a zone would mean another instant on each machine. */
export function timeArgument(text: string): number {
  const time = /^\d+$/.test(text) ? Number(text) : /(?:Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isSafeInteger(time)) throw new InvalidArgumentError(`expected a time as 2026-07-01T08:00:00+08:00, got "${text}"`)
  return time
}

export function seedArgument(text: string): number {
  const seed = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seed)) throw new InvalidArgumentError(`expected a whole number, got "${text}"`)
  return seed
}

export function portArgument(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError(`expected a port from 0 to 65535, got "${text}"`)
  return port
}

export function positiveArgument(text: string): number {
  const number = Number(text)
  if (!(number > 0)) throw new InvalidArgumentError(`expected a number above 0, got "${text}"`)
  return number
}

/** Hex digits, which may stand apart or behind 0x. */
export function bytesArgument(text: string): Uint8Array {
  const digits = text.replace(/0x|[\s:,-]/gi, '')
  if (!/^(?:[0-9a-f]{2})+$/i.test(digits))
    throw new InvalidArgumentError(`expected two hex digits for each byte, got "${text.slice(0, 80)}"`)
  return new Uint8Array(Buffer.from(digits, 'hex'))
}

/** Any JSON. */
export function jsonArgument(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InvalidArgumentError(`expected JSON, got ${(error as Error).message}`)
  }
}
