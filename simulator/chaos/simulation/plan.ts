import type { SimulatedCloud } from './simulated-cloud.ts'
import type { SimulatedDisk } from './simulated-disk.ts'
import type { SimulatedNetwork } from './simulated-network.ts'
import type { SimulatedSite } from './simulated-site.ts'

/** Something that goes wrong, and what ends it. */
export interface Fault {
  readonly begin: () => void
  readonly heal?: () => void
}

export interface PlannedFault {
  /** For the log. */
  readonly name: string
  /** Machine milliseconds from the beginning. */
  readonly at: number
  readonly fault: Fault
}

export interface PlanOptions {
  readonly sites: readonly SimulatedSite[]
  readonly cloud: SimulatedCloud
  readonly network: SimulatedNetwork
  readonly random: () => number
  readonly forMs: number
}

/** What a site's clock is set wrong by: hours, a day, and to 1970. */
const OFFSETS_MS = [3_600_000, -3_600_000, 86_400_000, -1_782_800_000_000]
const FAULTS_MAX = 14
const SPELL_MS_MAX = 20_000

/** Faults at moments that follow from the random numbers; none of them is harder on one seed than the promise allows. */
export function planFaults({ sites, cloud, network, random, forMs }: PlanOptions): PlannedFault[] {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const site = () => pick(sites)
  const anyLink = () => pick([...sites.map(({ name }) => name), 'cloud'])
  const kinds: Readonly<Record<string, () => Fault[]>> = {
    'a site is killed': () => once(() => site().kill()),
    'the cloud is killed': () => once(() => cloud.kill()),
    'a connection is cut': () => once(() => network.cut(anyLink())),
    'the broker is away': () =>
      spell(
        () => network.crash(),
        () => network.restart(),
      ),
    'a link is down': () => linkSpell('isCut'),
    'a link is half open': () => linkSpell('isDead'),
    'a link is thin': () => slowSpell(),
    'a site ends in a commit': () => crashAtCommit(site().disk),
    'the cloud ends in a commit': () => crashAtCommit(cloud.disk),
    'a site cannot sync': () => ioError(site().disk),
    'the cloud cannot sync': () => ioError(cloud.disk),
    "a site's disk is full": () => fullSpell(site().disk),
    "the cloud's disk is full": () => fullSpell(cloud.disk),
    "a site's disk is restored": () => restoreSpell((one) => one.backUp()),
    "a site's journal is restored": () => restoreSpell((one) => one.backUpJournal()),
    "a bit of a site's journal flips": () => damage(),
    "a site's clock is set": () => clockSpell(),
    'messages come twice': () => shareSpell('duplicate', 0.3),
    'messages come late': () => shareSpell('late', 0.3),
    'messages are forgotten': () => shareSpell('forget', 0.3),
  }
  const moments = Array.from({ length: 1 + Math.floor(random() * FAULTS_MAX) }, () => random() * forMs).sort((a, b) => a - b)
  return moments.flatMap((at) => {
    const name = pick(Object.keys(kinds))
    const [begin, end] = kinds[name]?.() ?? []
    if (begin === undefined) return []
    const endAt = Math.min(forMs, at + random() * SPELL_MS_MAX)
    return [{ name, at, fault: begin }, ...(end ? [{ name: `over: ${name}`, at: endAt, fault: end }] : [])]
  })

  function once(begin: () => void): Fault[] {
    return [{ begin }]
  }
  /** What ends it comes by itself, or with the end of all faults. */
  function spell(begin: () => void, heal: () => void): Fault[] {
    return [{ begin, heal }, { begin: heal }]
  }
  function linkSpell(what: 'isCut' | 'isDead'): Fault[] {
    const name = anyLink()
    const set = (value: boolean) => {
      network.link(name)[what] = value
      if (value && what === 'isCut') network.cut(name)
    }
    return spell(
      () => set(true),
      () => set(false),
    )
  }
  function clockSpell(): Fault[] {
    const one = site()
    const offsetMs = pick(OFFSETS_MS)
    return spell(
      () => one.setClock(offsetMs),
      () => one.setClock(0),
    )
  }
  function restoreSpell(backUp: (one: SimulatedSite) => () => void): Fault[] {
    const one = site()
    let restore: (() => void) | null = null
    const begin = () => {
      restore = backUp(one)
    }
    return [{ begin }, { begin: () => restore?.() }]
  }
  function damage(): Fault[] {
    const one = site()
    return once(() => one.damage(random))
  }
  function slowSpell(): Fault[] {
    const link = network.link(anyLink())
    return spell(
      () => {
        link.bytesPerMs = 0.5 + random() * 8
      },
      () => {
        link.bytesPerMs = Number.POSITIVE_INFINITY
      },
    )
  }
  function crashAtCommit({ faults }: SimulatedDisk): Fault[] {
    return once(() => {
      faults.crashIn = Math.floor(random() * 5)
      faults.isCrashAfter = random() < 0.5
    })
  }
  function ioError({ faults }: SimulatedDisk): Fault[] {
    return once(() => {
      faults.ioErrorIn = Math.floor(random() * 5)
    })
  }
  function fullSpell({ faults }: SimulatedDisk): Fault[] {
    return spell(
      () => {
        faults.isFull = true
      },
      () => {
        faults.isFull = false
      },
    )
  }
  function shareSpell(what: 'duplicate' | 'late' | 'forget', most: number): Fault[] {
    return spell(
      () => {
        network.faults[what] = random() * most
        network.faults.lateMs = random() * 8000
      },
      () => {
        network.faults[what] = 0
      },
    )
  }
}
