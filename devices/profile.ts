import { createHash } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { ModbusProfile } from './modbus-profile.ts'
import { DisplayProfile, PrinterProfile, RatingProfile, ScaleProfile, ScannerProfile } from './peripheral-profile.ts'
import { Sl651Profile } from './sl651-profile.ts'

/** The section of a model that says what it speaks, each with the schema of the whole model. A model has exactly one of them. */
export const SECTIONS = {
  modbus: ModbusProfile,
  sl651: Sl651Profile,
  scale: ScaleProfile,
  scanner: ScannerProfile,
  printer: PrinterProfile,
  display: DisplayProfile,
  rating: RatingProfile,
} as const
export type Section = keyof typeof SECTIONS
export const SECTION_NAMES: readonly Section[] = ['modbus', 'sl651', 'scale', 'scanner', 'printer', 'display', 'rating']

/** A device model as data: what its bytes mean, with examples that prove it. */
export const Profile = Type.Union([
  ModbusProfile,
  Sl651Profile,
  ScaleProfile,
  ScannerProfile,
  PrinterProfile,
  DisplayProfile,
  RatingProfile,
])
export type Profile = Static<typeof Profile>

/** What a model speaks: the name of its section. */
export function sectionOf(profile: Profile): Section {
  return SECTION_NAMES.find((section) => section in profile) ?? 'modbus'
}

/** The protocol whose codec reads the model's examples; of Modbus, whose examples are registers and no frames, its name only. */
export function protocolOf(profile: Profile): string {
  if ('modbus' in profile) return 'modbus'
  if ('sl651' in profile) return 'sl651'
  if ('scale' in profile) return profile.scale.protocol
  if ('scanner' in profile) return profile.scanner.protocol
  if ('printer' in profile) return profile.printer.protocol
  return 'display' in profile ? profile.display.protocol : profile.rating.protocol
}

/** The first 16 hex digits of SHA-256 over the profile's checked content: an edit is a new version, so old rows keep their decimals. */
export function profileHash(profile: Profile): string {
  return createHash('sha256').update(canonical(profile)).digest('hex').slice(0, 16)
}

/** JSON with sorted keys, so that the order in a file is no new version. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
