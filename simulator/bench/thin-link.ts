import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

export interface ThinLink extends AsyncDisposable {
  /** The broker as it is reached over the link. */
  readonly url: string
  /** The command that runs a program at the link's far end. */
  readonly wrap: readonly string[]
}

/** Bytes that the link's ends let through at once: a full Ethernet frame. */
const BURST = '1600b'
/** A frame that would wait longer is dropped, as modems do. */
const QUEUE = '1s'

/**
 * A network of its own behind a link of so many kbit/s each way, made of a network namespace and the kernel's token bucket; needs root and `iproute2`.
 * @throws Error with the words of `ip` or `tc` where it cannot be made
 */
export async function openThinLink({ kbit, port }: { readonly kbit: number; readonly port: number }): Promise<ThinLink> {
  const name = `sluice${process.pid}`
  const [here, there] = [`sla${process.pid}`, `slb${process.pid}`]
  const [hereAddress, thereAddress] = ['10.231.77.1', '10.231.77.2']
  const ip = (...args: readonly string[]) => void execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const within = ['ip', 'netns', 'exec', name]
  await using parts = new AsyncDisposableStack()
  ip('netns', 'add', name)
  parts.defer(() => ip('netns', 'del', name))
  ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there)
  // The other end goes with it.
  parts.defer(() => ip('link', 'del', here))
  ip('link', 'set', there, 'netns', name)
  ip('address', 'add', `${hereAddress}/30`, 'dev', here)
  ip('link', 'set', here, 'up')
  ip('-n', name, 'address', 'add', `${thereAddress}/30`, 'dev', there)
  ip('-n', name, 'link', 'set', there, 'up')
  const shape = (prefix: readonly string[], device: string) => {
    const [command = '', ...args] = [...prefix, 'tc', 'qdisc', 'add', 'dev', device, 'root', 'tbf']
    execFileSync(command, [...args, 'rate', `${kbit}kbit`, 'burst', BURST, 'latency', QUEUE], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
  }
  shape([], here)
  shape(within, there)
  // The broker stays on loopback; only this port of it is on the link.
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    near.setNoDelay(true)
    near.pipe(far).pipe(near)
    near.on('error', () => far.destroy()).on('close', () => far.destroy())
    far.on('error', () => near.destroy()).on('close', () => near.destroy())
  })
  server.listen(0, hereAddress)
  await once(server, 'listening')
  parts.defer(async () => {
    const closed = once(server, 'close')
    server.close()
    await closed
  })
  const opened = parts.move()
  const address = server.address() as { port: number }
  return { url: `mqtt://${hereAddress}:${address.port}`, wrap: within, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}
