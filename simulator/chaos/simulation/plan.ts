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

const FAULTS_MAX = 14
const SPELL_MS_MAX = 20_000

/** Faults at moments that follow from the random numbers; none of them is harder on one seed than the promise allows. */
export function planFaults({ sites, cloud, network, random, forMs }: PlanOptions): PlannedFault[] {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const site = () => pick(sites)
  const kinds: (() => Fault[])[] = [
    () => once(() => site().kill()),
    () => once(() => cloud.kill()),
    () => once(() => network.cut(pick([...sites, { name: 'cloud' }]).name)),
    () =>
      spell(
        () => network.crash(),
        () => network.restart(),
      ),
    () => linkSpell('isCut'),
    () => linkSpell('isDead'),
    () => slowSpell(),
    () => crashAtCommit(site().disk),
    () => crashAtCommit(cloud.disk),
    () => ioError(site().disk),
    () => ioError(cloud.disk),
    () => fullSpell(site().disk),
    () => fullSpell(cloud.disk),
    () => restoreSpell((one) => one.backUp()),
    () => restoreSpell((one) => one.backUpJournal()),
    () => damage(),
    () => shareSpell('duplicate', 0.3),
    () => shareSpell('late', 0.3),
    () => shareSpell('forget', 0.3),
  ]
  const moments = Array.from({ length: 1 + Math.floor(random() * FAULTS_MAX) }, () => random() * forMs).sort((a, b) => a - b)
  return moments.flatMap((at) => {
    const [begin, end] = pick(kinds)()
    if (begin === undefined) return []
    const endAt = Math.min(forMs, at + random() * SPELL_MS_MAX)
    return [{ at, fault: begin }, ...(end ? [{ at: endAt, fault: end }] : [])]
  })

  function once(begin: () => void): Fault[] {
    return [{ begin }]
  }
  /** What ends it comes by itself, or with the end of all faults. */
  function spell(begin: () => void, heal: () => void): Fault[] {
    return [{ begin, heal }, { begin: heal }]
  }
  function linkSpell(what: 'isCut' | 'isDead'): Fault[] {
    const { name } = pick([...sites, { name: 'cloud' }])
    const set = (value: boolean) => {
      network.link(name)[what] = value
      if (value && what === 'isCut') network.cut(name)
    }
    return spell(
      () => set(true),
      () => set(false),
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
    const link = network.link(pick([...sites, { name: 'cloud' }]).name)
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
