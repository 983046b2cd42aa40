import { connect, type Socket } from 'node:net'
import { constants, setPriority } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '#simulator'
import { connectPacket, fixedHeader } from './raw-mqtt.ts'

/** Strangers that flood a broker, in a process of their own, from many addresses of this machine. */
export interface Flood {
  readonly port: number
  readonly seed: number
  /** What all of them send together, in so many milliseconds. */
  readonly bytes: number
  readonly durationMs: number
  /** How many sit there and say nothing, or a byte now and then. */
  readonly idlers: number
}

/** What they did so far. */
export interface FloodTold {
  /** Taken by the system; the broker may have taken less. */
  readonly bytes: number
  readonly connections: number
  readonly isDone: boolean
}

const CHUNK = Buffer.alloc(64 * 1024, 0x20)
/** More than one of them gets through before it is cut off. */
const BYTES_EACH_MAX = 1024 * 1024
const AT_ONCE_MAX = 200
const TICK_MS = 10
const TELL_MS = 250
const DRIP_MS = 400
/** One that was cut off sits down again after so long. */
const AGAIN_MS = 1000
const ADDRESSES = 200
const HUGE = 256 * 1024 * 1024 - 1

/** What a stranger says first; then it sends until it is cut off. */
const OPENINGS: readonly ((name: string) => readonly Buffer[])[] = [
  // No MQTT at all.
  () => [],
  // A CONNECT that never ends.
  () => [fixedHeader(1, HUGE)],
  // A CONNECT with a name of 60 KB.
  () => [connectPacket('x'.repeat(60_000))],
  // A well-behaved gateway, then a message that never ends.
  (name) => [connectPacket(`sluice-${name}`), fixedHeader(3, HUGE)],
  // A length that needs more bytes than there may be.
  () => [Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff])],
  // Another version of the protocol, with what it allows.
  (name) => [connectPacket(`sluice-${name}`, { level: 5 })],
  // A stranger's name, then messages for others.
  (name) => [connectPacket(`nobody-${name}`), fixedHeader(3, 90_000), Buffer.from([0, 13]), Buffer.from('sluice/1/a/up')],
]

const flood = JSON.parse(process.argv[2] ?? '{}') as Flood
process.on('disconnect', () => process.exit())
// Strangers have machines of their own: here they take only the time that nobody else wants.
setPriority(constants.priority.PRIORITY_LOW)
await run(flood)
process.disconnect()

async function run({ port, seed, bytes, durationMs, idlers }: Flood): Promise<void> {
  const random = seededRandom(seed)
  const began = performance.now()
  const open = new Set<Socket>()
  let attackers = 0
  let sent = 0
  let connections = 0
  let isDone = false
  const tell = () => process.send?.({ bytes: sent, connections, isDone } satisfies FloodTold, () => {})
  const telling = setInterval(tell, TELL_MS)
  const visit = (): Socket => {
    connections += 1
    const localAddress = `127.0.0.${2 + Math.floor(random() * ADDRESSES)}`
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    socket.on('error', () => {})
    return socket
  }
  const attack = () => {
    const socket = visit()
    attackers += 1
    socket.once('close', () => {
      attackers -= 1
    })
    for (const opening of OPENINGS[Math.floor(random() * OPENINGS.length)]?.(`s${connections}`) ?? []) socket.write(opening)
    const shove = (left: number) => {
      if (left <= 0 || isDone) socket.destroy()
      else
        socket.write(CHUNK, (error) => {
          if (error) return
          sent += CHUNK.length
          shove(left - CHUNK.length)
        })
    }
    socket.once('connect', () => shove(BYTES_EACH_MAX))
  }
  const idle = () => {
    if (isDone) return
    const socket = visit()
    const isDripping = random() < 0.5
    const packet = connectPacket('sluice-slow')
    let at = 0
    const dripping = setInterval(() => isDripping && socket.write(packet.subarray(at, ++at)), DRIP_MS)
    open.add(socket)
    socket.once('close', () => {
      open.delete(socket)
      clearInterval(dripping)
      setTimeout(idle, AGAIN_MS)
    })
  }
  for (let count = 0; count < idlers; count++) idle()
  while (sent < bytes) {
    const due = Math.min(1, (performance.now() - began) / durationMs) * bytes
    while (sent + attackers * CHUNK.length < due && attackers < AT_ONCE_MAX) attack()
    await sleep(TICK_MS)
  }
  isDone = true
  for (const socket of open) socket.destroy()
  clearInterval(telling)
  await new Promise((resolve) => process.send?.({ bytes: sent, connections, isDone } satisfies FloodTold, resolve))
}
