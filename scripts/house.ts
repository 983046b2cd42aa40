import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path/posix'
import { importsOf } from './imports.ts'

/** A folder with one job, entered by its `index.ts`. */
export interface Room {
  /** The folder from the root, or a single file such as `cli.ts`. The room with the longest match owns a file. */
  readonly folder: string
  /** Rooms it may enter, by folder; a folder inside a room means only that part of it. */
  readonly may: readonly string[]
  /** Owns only the files that stand directly in the folder, so that a new folder inside must be given a room of its own. */
  readonly isShallow?: boolean
  /** When given: the only modules of Node it may import. */
  readonly builtins?: readonly string[]
}

/** The rules of the house, as data. */
export interface House {
  readonly rooms: readonly Room[]
  /** The `imports` of package.json. */
  readonly aliases: Readonly<Record<string, string>>
  /** npm packages that only these folders may touch. */
  readonly packages: Readonly<Record<string, readonly string[]>>
  /** How a relative import may end. */
  readonly endings: readonly string[]
}

/**
 * Every import that breaks a rule, as `file imports "name": why`.
 * @param files text by path from the root; a path without text that is imported counts as being there.
 */
export function faultsOf(house: House, files: ReadonlyMap<string, string>): string[] {
  const faults: string[] = []
  for (const [file, text] of files) {
    const room = roomOf(house, file)
    if (!room) {
      faults.push(`${file} stands in no room of the table in architecture.test.ts`)
      continue
    }
    for (const specifier of importsOf(file, text)) {
      const why =
        specifier === undefined
          ? 'expected a literal name, which can be followed'
          : faultOf(house, files, { file, room }, specifier)
      if (why) faults.push(`${file} imports ${specifier === undefined ? 'a computed name' : `"${specifier}"`}: ${why}`)
    }
  }
  return faults
}

interface From {
  readonly file: string
  readonly room: Room
}

function faultOf(house: House, files: ReadonlyMap<string, string>, from: From, specifier: string): string | undefined {
  if (specifier.startsWith('#')) {
    const target = resolveAlias(house.aliases, specifier)
    return target ? entryFault(house, files, from, target) : 'no such alias in package.json'
  }
  if (/^\.{0,2}\//.test(specifier)) {
    const path = specifier.replace(/\?.*$/, '')
    if (!house.endings.some((ending) => path.endsWith(ending)))
      return `expected a relative import to end in ${house.endings.join(', ')}`
    return entryFault(house, files, from, join(dirname(from.file), path))
  }
  if (isTest(from.file)) return undefined
  if (isBuiltin(specifier)) {
    const allowed = from.room.builtins
    return allowed && !allowed.includes(specifier)
      ? `${from.room.folder} does no I/O: of Node's modules it may import ${allowed.join(', ')}`
      : undefined
  }
  const [packageName, folders] =
    Object.entries(house.packages).find(([name]) => specifier === name || specifier.startsWith(`${name}/`)) ?? []
  if (!folders || folders.some((folder) => from.file.startsWith(`${folder}/`))) return undefined
  return `only ${folders.join(', ')} may import ${packageName}`
}

function entryFault(house: House, files: ReadonlyMap<string, string>, from: From, target: string): string | undefined {
  if (target === 'package.json') return undefined
  const room = roomOf(house, target)
  if (!room) return `${target} stands in no room of the table in architecture.test.ts`
  if (room === from.room) return innerFault(files, from.file, target)
  if (
    !isTest(from.file) &&
    !from.room.may.some(
      (entry) => entry === room.folder || (entry.startsWith(`${room.folder}/`) && target.startsWith(`${entry}/`)),
    )
  ) {
    return `${from.room.folder} may not enter ${room.folder}`
  }
  const isCode = /\.(?:m?ts|vue)$/.test(target)
  return !isCode || isDoor(house, room, target)
    ? undefined
    : `expected ${room.folder} to be entered by its index.ts, got ${target}`
}

/** Inside a room too, a folder that has a door is entered by it. */
function innerFault(files: ReadonlyMap<string, string>, file: string, target: string): string | undefined {
  const parts = dirname(target).split('/')
  for (let depth = 1; depth <= parts.length; depth++) {
    const folder = parts.slice(0, depth).join('/')
    if (file.startsWith(`${folder}/`)) continue
    const door = `${folder}/index.ts`
    if (files.has(door))
      return target === door || !target.endsWith('.ts')
        ? undefined
        : `expected ${folder} to be entered by its index.ts, got ${target}`
  }
  return undefined
}

/** A room's own door, or that of a folder directly in it where package.json has an alias for such; a single file is its own. */
function isDoor(house: House, room: Room, target: string): boolean {
  if (target === room.folder) return true
  const folder = dirname(target)
  if (target !== `${folder}/index.ts`) return false
  return (
    folder === room.folder ||
    (dirname(folder) === room.folder && Object.values(house.aliases).includes(`./${room.folder}/*/index.ts`))
  )
}

function roomOf(house: House, path: string): Room | undefined {
  let best: Room | undefined
  for (const room of house.rooms) {
    const owns = room.isShallow ? dirname(path) === room.folder : path === room.folder || path.startsWith(`${room.folder}/`)
    if (owns && room.folder.length > (best?.folder.length ?? 0)) best = room
  }
  return best
}

/** Node's own rule: an exact key first, then the pattern with the longest text before its `*`. */
function resolveAlias(aliases: House['aliases'], specifier: string): string | undefined {
  const exact = aliases[specifier]
  if (exact) return join(exact)
  const heads = Object.keys(aliases).filter((key) => key.endsWith('*') && specifier.startsWith(key.slice(0, -1)))
  const head = heads.sort((a, b) => b.length - a.length)[0]
  return head && aliases[head] ? join(aliases[head].replace('*', specifier.slice(head.length - 1))) : undefined
}

function isTest(file: string): boolean {
  return /\.test\.m?ts$/.test(file)
}
