import { execFileSync } from 'node:child_process'

/** Addresses of RFC 2544, which nobody uses: a small net for each. */
const netOf = (index: number) => `198.18.${index}`
const NETS_MAX = 250

/**
 * A network namespace with a link to this machine, in which packets can be dropped both ways without a word: a real half-open link. Nothing of
 * the machine's own rules is touched.
 */
export class PrivateNet implements Disposable {
  /** The machine's address on the link, for whatever listens for who runs inside. */
  readonly address: string
  readonly #name: string

  private constructor(name: string, address: string) {
    this.#name = name
    this.address = address
  }

  /** @throws what `ip` says */
  static open(index: number): PrivateNet {
    const net = netOf((process.pid + index) % NETS_MAX)
    const name = `sluice-${process.pid}-${index}`
    const link = `sl${process.pid % 100_000}-${index}`
    const opened = new PrivateNet(name, `${net}.1`)
    run('ip', 'netns', 'add', name)
    try {
      run('ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'inside', 'netns', name)
      run('ip', 'address', 'add', `${net}.1/30`, 'dev', link)
      run('ip', 'link', 'set', link, 'up')
      run('ip', '-n', name, 'address', 'add', `${net}.2/30`, 'dev', 'inside')
      run('ip', '-n', name, 'link', 'set', 'inside', 'up')
    } catch (error) {
      opened[Symbol.dispose]()
      throw error
    }
    return opened
  }

  /** Runs a command inside. */
  get wrap(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#name]
  }

  /** From now on packets vanish in both directions, or pass again. */
  setDropping(isDropping: boolean): void {
    for (const chain of ['INPUT', 'OUTPUT']) run(...this.wrap, 'iptables', '-w', isDropping ? '-A' : '-D', chain, '-j', 'DROP')
  }

  [Symbol.dispose](): void {
    // Its link goes with it.
    run('ip', 'netns', 'delete', this.#name)
  }
}

function run(...[command = '', ...args]: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
