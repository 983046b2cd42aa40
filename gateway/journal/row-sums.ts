import { crc32 } from 'node:zlib'

/** Checksums of rows that are no rows of the outbox: SQLite does not notice a flipped bit in a page. */
export const laneSum = (lane: unknown, issued: unknown): number => crc32(`${lane}|${issued}`)
export const seriesSum = (id: unknown, device: unknown, point: unknown, hash: unknown): number =>
  crc32(`${id}|${device}|${point}|${hash}`)
export const commitSum = (id: unknown, boot: unknown, journalled: unknown, mono: unknown): number =>
  crc32(`${id}|${boot}|${journalled}|${mono}`)
export const stateSum = (key: unknown, body: unknown): number => crc32(`${key}|${body}`)
export const factSum = (body: string): number => crc32(body)
