import type { Document, DocumentFault } from './document.ts'
import { pointWidth } from './modbus-point.ts'
import type { ModbusProfile, Point } from './modbus-profile.ts'
import type { Profile } from './profile.ts'

type Path = readonly (string | number)[]
type Tell = (path: Path, message: string) => void

/** A float's bits, read as a count, are at least this much; no float has more exact digits. */
const FLOAT_COUNT_MAX = 2 ** 24

/** What the schema of a model cannot say. */
export function profileFaults({ value: profile, fault }: Document<Profile>): DocumentFault[] {
  const faults: DocumentFault[] = []
  const tell: Tell = (path, message) => {
    faults.push(fault(path, message))
  }
  if ('modbus' in profile) {
    for (const [name, point] of Object.entries(profile.modbus.points)) {
      tellPoint(point, ['modbus', 'points', name], tell)
      tellStatus(profile, name, point, tell)
      if (profile.modbus.defaults.even) tellOdd(point, ['modbus', 'points', name], tell)
    }
  } else {
    if ('sl651' in profile) {
      for (const [name, point] of Object.entries(profile.sl651.points)) {
        const path = ['sl651', 'points', name]
        tellRange(point, path, tell)
        if (point.bit !== undefined && point.element !== '45')
          tell([...path, 'bit'], `expected a bit of the status word "45" only, got one of "${point.element}"`)
      }
    }
    for (const [index, { hex, text }] of profile.examples.entries()) {
      if ((hex === undefined) === (text === undefined))
        tell(['examples', index], `expected the bytes as hex or as text, got ${hex === undefined ? 'neither' : 'both'}`)
    }
  }
  return faults
}

function tellPoint(point: Point, path: Path, tell: Tell): void {
  const isBitTable = point.table === 'coil' || point.table === 'discrete'
  if (isBitTable && point.type !== 'bit') tell([...path, 'type'], `expected bit in table ${point.table}, got ${point.type}`)
  if (point.type === 'bit' && !isBitTable && point.bit === undefined)
    tell([...path, 'type'], 'expected the key "bit" beside type bit, got none')
  tellRange(point, path, tell)
  if (point.scale === 0) tell([...path, 'scale'], 'expected a scale other than 0')
  for (const [index, sentinel] of (point.sentinels ?? []).entries()) {
    const digits = pointWidth(point) * 4
    const at = [...path, 'sentinels', index]
    if (typeof sentinel === 'string' && sentinel.length !== digits + 2)
      tell(at, `expected ${digits} hex digits for ${point.type}, got "${sentinel}"`)
    if (typeof sentinel === 'number' && sentinel >= FLOAT_COUNT_MAX && (point.type === 'f32' || point.type === 'f64'))
      tell(at, `expected the bits of a float in quotes, as "0x${sentinel.toString(16).toUpperCase().padStart(digits, '0')}"`)
  }
}

function tellRange({ range }: { readonly range?: readonly [number, number] }, path: Path, tell: Tell): void {
  if (range && range[0] > range[1]) tell([...path, 'range'], `expected the lower limit first, got [${range.join(', ')}]`)
}

function tellOdd(point: Point, path: Path, tell: Tell): void {
  if (point.table === 'coil' || point.table === 'discrete') return
  if (point.address % 2 === 1) tell([...path, 'address'], `expected an even address, as defaults.even says, got ${point.address}`)
  if (pointWidth(point) % 2 === 1)
    tell([...path, 'type'], `expected pairs of registers, as defaults.even says, got ${point.type}`)
}

/** A status must be there in the same round, and be able to say what it is asked for. */
function tellStatus({ modbus: { points } }: ModbusProfile, name: string, { status = [], every }: Point, tell: Tell): void {
  for (const [index, { point: statusName, good = [], suspect = [], bad = [] }] of status.entries()) {
    const path = ['modbus', 'points', name, 'status', index]
    const status = Object.hasOwn(points, statusName) ? points[statusName] : undefined
    if (status === undefined || statusName === name) {
      tell([...path, 'point'], `expected the name of another point, got "${statusName}"`)
      continue
    }
    if (status.every !== every)
      tell([...path, 'point'], `expected a point read every ${every} as this one, got one read every ${status.every}`)
    const kind = status.type === 'bit' ? 'boolean' : 'number'
    const values = [...good, ...suspect, ...bad]
    if (values.length === 0) tell(path, 'expected values under good, suspect or bad, got none')
    const wrong = values.find((value) => typeof value !== kind)
    if (wrong !== undefined)
      tell([...path, 'point'], `expected ${kind === 'boolean' ? 'true or false' : 'numbers'} of a ${status.type}, got ${wrong}`)
  }
}
