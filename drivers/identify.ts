import { ProtocolError } from '#protocols/error'
import { OBJECT_NAMES } from '#protocols/modbus'
import { DriverError } from './driver-error.ts'
import { queryOf } from './framing.ts'
import type { Line } from './line.ts'

/** Answers that a device may take to name all its objects; more is a device that never ends. */
export const IDENTITY_ANSWERS_MAX = 16

/** Who a unit says that it is. Null: it does not say so in this way. */
export interface Identity {
  /** Function 17, hex: id, run indicator, whatever else; and what of it can be read. */
  readonly server: { readonly hex: string; readonly text: string } | null
  /** Function 43/14, by the name of the object: `vendor name`, or `object 128`. */
  readonly objects: Readonly<Record<string, string>> | null
}

/** Asks a unit who it is in both ways. @throws DriverError but `timeout`: many devices say nothing to a function that they do not know */
export async function identify(line: Line, unit: number, timeoutMs: number, stop: AbortSignal): Promise<Identity> {
  const server = await silently(async () => {
    const answer = await line.transact(unit, queryOf({ function: 17 }), timeoutMs, stop)
    return 'data' in answer ? { hex: answer.data, text: printable(answer.data) } : null
  })
  return { server, objects: await silently(() => objectsOf(line, unit, timeoutMs, stop)) }
}

/** Regular objects, with the basic ones among them; of a device that knows only the basic category, these. */
async function objectsOf(line: Line, unit: number, timeoutMs: number, stop: AbortSignal): Promise<Identity['objects']> {
  const objects: Record<string, string> = {}
  for (const access of ['basic', 'regular'] as const) {
    const found = await silently(async () => {
      let object = 0
      for (let answers = 0; answers < IDENTITY_ANSWERS_MAX; answers++) {
        const answer = await line.transact(unit, queryOf({ function: 43, access, object }), timeoutMs, stop)
        if (!('objects' in answer)) break
        for (const { id, value } of answer.objects) objects[OBJECT_NAMES[id] ?? `object ${id}`] = value
        if (!answer.more || answer.next <= object) break
        object = answer.next
      }
      return true
    })
    if (found === null) break
  }
  return Object.keys(objects).length > 0 ? objects : null
}

/** Null where the unit refuses, says nothing or says what cannot be understood. */
async function silently<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof ProtocolError || (error instanceof DriverError && error.code === 'timeout')) return null
    throw error
  }
}

function printable(hex: string): string {
  return Buffer.from(hex, 'hex')
    .toString('latin1')
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
}
