import { encodeRtu, type RtuFrame, RtuSplitter, requestLength } from '#protocols/modbus'
import { AnswerQueue } from './answer-queue.ts'
import type { SlaveUnit } from './modbus-slave.ts'
import { openPty } from './pty.ts'
import { byteMs, type SerialSettings } from './serial-settings.ts'

export interface SerialSlaveOptions {
  readonly settings: SerialSettings
  /** By unit id, 1..247. A request to another is not answered. */
  readonly units: ReadonlyMap<number, SlaveUnit>
  /** Machine time, epoch ms. */
  readonly wall: () => number
}

/** One serial line with its units. */
export interface SerialSlave extends AsyncDisposable {
  /** `serial:///dev/pts/5?baud=9600&parity=none&stopBits=1` */
  readonly url: string
}

/** Half a request is forgotten after so long a silence: its master is gone. */
const SILENCE_MS = 100

/** Answers Modbus RTU masters on a pseudo-terminal, which they may open, leave and open again. @throws SimulatorError `port` */
export function openSerialSlave({ settings, units, wall }: SerialSlaveOptions): SerialSlave {
  const pty = openPty()
  const splitter = new RtuSplitter(requestLength)
  const queues = new Map([...units.keys()].map((unit) => [unit, new AnswerQueue()]))
  const pacedMs = settings.paced ? byteMs(settings) : 0
  let silence: NodeJS.Timeout | undefined

  const serve = ({ unit, pdu }: RtuFrame): void => {
    const { answer, delayMs, written } = units.get(unit)?.serve(pdu) ?? { answer: null, delayMs: 0, written: () => {} }
    if (answer === null) return
    const bytes = 'pdu' in answer ? encodeRtu(unit, answer.pdu) : answer.garbage
    const requestBytes = pdu.length + 3
    queues.get(unit)?.add(delayMs + pacedMs * (requestBytes + bytes.length), () => {
      const t = wall()
      if (pty.write(bytes)) written(t)
    })
  }
  pty.input.on('data', (chunk: Uint8Array) => {
    clearTimeout(silence)
    for (const frame of splitter.push(chunk)) serve(frame)
    if (splitter.pendingBytes > 0) silence = setTimeout(() => splitter.reset(), SILENCE_MS)
  })
  const { baud, parity, stopBits } = settings
  return {
    url: `serial://${pty.path}?baud=${baud}&parity=${parity}&stopBits=${stopBits}`,
    async [Symbol.asyncDispose]() {
      clearTimeout(silence)
      for (const queue of queues.values()) queue[Symbol.dispose]()
      await pty[Symbol.asyncDispose]()
    },
  }
}
