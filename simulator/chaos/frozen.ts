import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import pino from 'pino'
import { BrokerProcess } from '#cloud/broker'
import { Session } from '#mqtt'
import { topic } from '#wire'
import type { ChaosRun } from './chaos-row.ts'
import { connectPacket, subscribePacket } from './raw-mqtt.ts'
import { pause, type SuiteOptions, until } from './suite.ts'

const MESSAGES_PER_SECOND = 350
const MESSAGE_BYTES = 16 * 1024
const GATEWAYS = 7
const HEALTHY = 2
/** The matrix has ten minutes; a subscriber freezes again and again instead. */
const DURATION_MS = { short: 6000, full: 75_000 }
const FREEZE_EVERY_MS = { short: 3000, full: 10_000 }
const STALL_MS_MAX = 5000
const LATE_MS = 20_000
/** So that cutting off the last one is seen, too. */
const CUT_MS = 15_000
const SUM_BYTES = 16

/** T23: subscribers stop reading, one after the other, while messages go to healthy ones. */
export async function* frozenSuite({ seed, size }: SuiteOptions, stop: AbortSignal): AsyncGenerator<ChaosRun, void, undefined> {
  await using parts = new AsyncDisposableStack()
  const log = pino({ level: process.env.SLUICE_LOG ?? 'silent' }, pino.destination({ dest: 2, sync: true }))
  const broker = parts.use(await BrokerProcess.open({ host: '127.0.0.1', port: 0, log }))
  const listeners: Listener[] = []
  for (let index = 0; index < HEALTHY; index++) {
    const listener = new Listener(seed)
    const options = { url: broker.url, clientId: `cloud-healthy-${index}`, onMessage: listener.hear }
    await parts.use(await Session.open(options, stop)).subscribe(topic('+', 'up'))
    listeners.push(listener)
  }
  const senders: Session[] = []
  for (let index = 0; index < GATEWAYS; index++)
    senders.push(parts.use(await Session.open({ url: broker.url, clientId: `sluice-g${index}`, onMessage: () => {} }, stop)))

  const frozen: Socket[] = []
  parts.defer(() => {
    for (const socket of frozen) socket.destroy()
  })
  let issued = 0
  let refused = 0
  let peakBytes = 0
  const began = performance.now()
  for (; performance.now() - began < DURATION_MS[size] && !stop.aborted; await pause(2, stop)) {
    const elapsed = performance.now() - began
    if (elapsed >= (frozen.length + 0.2) * FREEZE_EVERY_MS[size]) frozen.push(await freeze(broker.url, frozen.length))
    while (issued < Math.floor((elapsed / 1000) * MESSAGES_PER_SECOND)) {
      const number = issued++
      senders[number % GATEWAYS]?.publish(topic(`g${number % GATEWAYS}`, 'up'), messageOf(seed, number)).catch(() => {
        refused += 1
      })
    }
    peakBytes = Math.max(peakBytes, broker.numbers?.rssBytes ?? 0)
  }
  await until(() => listeners.every(({ heard }) => heard.size >= issued - refused), LATE_MS, stop)
  // Each one that froze is cut off, and the broker holds nothing for it any more.
  const isCut = await until(() => broker.numbers?.clients === GATEWAYS + HEALTHY, CUT_MS, stop)

  const stored = listeners.reduce((sum, { heard }) => sum + heard.size, 0)
  const lost = issued * HEALTHY - stored
  const duplicate = listeners.reduce((sum, listener) => sum + listener.doubled, 0)
  const wrong = listeners.reduce((sum, listener) => sum + listener.wrong, 0)
  const stallMs = Math.max(...listeners.map((listener) => listener.stallMs))
  const troubles = [
    ...(stallMs > STALL_MS_MAX ? [`expected no stall above ${STALL_MS_MAX} ms, got ${Math.round(stallMs)}`] : []),
    ...(isCut ? [] : [`expected all that froze to be cut off, ${broker.numbers?.clients} clients are connected`]),
    ...(refused > 0 ? [`the broker did not take ${refused} messages`] : []),
    ...(stop.aborted ? ['the run was stopped before its end'] : []),
  ]
  const counts = { issued: issued * HEALTHY, stored, lost, duplicate, wrong }
  yield {
    row: { id: 'T23', faults: frozen.length, ...counts, pass: troubles.length === 0 && lost + duplicate + wrong === 0 },
    notes: [
      `${frozen.length} subscribers froze in ${DURATION_MS[size] / 1000} s (the matrix: 10 min); issued counts a message once a healthy subscriber`,
      `the longest stall was ${Math.round(stallMs)} ms, the broker held ${Math.round(peakBytes / 2 ** 20)} MiB at most`,
      ...troubles,
    ],
  }
}

/** A healthy subscriber, and what it got. */
class Listener {
  readonly heard = new Set<number>()
  readonly #seed: number
  #at: number | null = null
  doubled = 0
  wrong = 0
  /** The longest time without a message, ms. */
  stallMs = 0

  constructor(seed: number) {
    this.#seed = seed
  }

  readonly hear = (_topic: string, payload: Uint8Array): void => {
    const now = performance.now()
    this.stallMs = Math.max(this.stallMs, now - (this.#at ?? now))
    this.#at = now
    const message = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
    const number = message.readUInt32BE(0)
    const isWhole = message.length === MESSAGE_BYTES && sumOf(this.#seed, message).equals(message.subarray(-SUM_BYTES))
    if (!isWhole) this.wrong += 1
    else if (this.heard.has(number)) this.doubled += 1
    else this.heard.add(number)
  }
}

/** Known by its number, and whole when its sum is right. */
function messageOf(seed: number, number: number): Buffer {
  const message = Buffer.alloc(MESSAGE_BYTES, number & 0xff)
  message.writeUInt32BE(number, 0)
  sumOf(seed, message).copy(message, MESSAGE_BYTES - SUM_BYTES)
  return message
}

function sumOf(seed: number, message: Buffer): Buffer {
  return createHash('md5').update(`${seed} `).update(message.subarray(0, -SUM_BYTES)).digest()
}

/** A subscriber that gets its SUBACK and reads nothing more. */
async function freeze(url: string, index: number): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.write(Buffer.concat([connectPacket(`cloud-frozen-${index}`), subscribePacket(topic('+', 'up'))]))
  await once(socket, 'data')
  socket.pause()
  return socket
}
