import type { Table, Value } from '#devices'
import { ProtocolError } from '#protocols/error'
import { decodeRequest, encodeResponse, type FunctionCode, MBAP_BYTES, type ReadRequest, type Request } from '#protocols/modbus'
import type { DeviceFaults, Fault } from './fault.ts'
import type { Ledger } from './ledger.ts'
import type { ImageRead, RegisterImage } from './register-image.ts'

/** What a device does about one request. */
export interface Service {
  /** A PDU for the transport to frame, bytes that go out as they are, or nothing. */
  readonly answer: { readonly pdu: Uint8Array } | { readonly garbage: Uint8Array } | null
  readonly delayMs: number
  /** To be called once the answer was truly written, with the machine's epoch ms of the writing. */
  written(t: number): void
}

export interface SimulatedDeviceOptions {
  readonly id: string
  readonly image: RegisterImage
  /** Most registers in one read; more is refused with exception 3. */
  readonly blockMax: number
  readonly faults: DeviceFaults
  readonly ledger: Ledger
  /** Site time, epoch ms. */
  readonly now: () => number
  /** Site time at which the scenario began. */
  readonly start: number
  /** Machine time, epoch ms. */
  readonly wall: () => number
}

const ILLEGAL_FUNCTION = 1
const ILLEGAL_ADDRESS = 2
const ILLEGAL_VALUE = 3
const DEVICE_FAILURE = 4

/** The functions that read; a simulated device cannot be written. */
const READS = { 1: 'coil', 2: 'discrete', 3: 'holding', 4: 'input' } as const satisfies Partial<Record<FunctionCode, Table>>
const isRead = (request: Request): request is ReadRequest => request.function in READS

type Answer = { readonly pdu: Uint8Array; readonly points: readonly { readonly point: string; readonly value: Value }[] | null }

/** One Modbus unit that answers from its image, troubled by its faults, and books in the ledger what it served. */
export class SimulatedDevice {
  readonly #options: SimulatedDeviceOptions

  constructor(options: SimulatedDeviceOptions) {
    this.#options = options
  }

  /** Values are those of the moment of this call, however late they are written. */
  serve(pdu: Uint8Array): Service {
    const { id: device, faults, ledger, now, start, wall } = this.#options
    const at = now()
    const fault = faults.at(at - start)
    const delayMs = fault.delayMs ?? 0
    const book = (served: 'exception' | 'silent' | 'garbage', t: number) => ledger.append({ t, at, device, served })
    if (fault.silent) {
      book('silent', wall())
      return { answer: null, delayMs: 0, written: () => undefined }
    }
    const answer = this.#answer(pdu, fault, at - start)
    if (fault.garbage) {
      const garbage = faults.garbage(answer.pdu.length + MBAP_BYTES)
      return { answer: { garbage }, delayMs, written: (t) => book('garbage', t) }
    }
    const { points } = answer
    if (points === null) return { answer, delayMs, written: (t) => book('exception', t) }
    return {
      answer,
      delayMs,
      written: (t) => {
        for (const { point, value } of points) ledger.append({ t, at, device, point, value })
      },
    }
  }

  #answer(pdu: Uint8Array, fault: Fault, elapsedMs: number): Answer {
    if (fault.exception !== undefined) return refusal(pdu, fault.exception)
    let request: Request
    try {
      request = decodeRequest(pdu)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      return refusal(pdu, error.code === 'unsupported' || !((pdu[0] ?? 0) in READS) ? ILLEGAL_FUNCTION : ILLEGAL_VALUE)
    }
    return isRead(request) ? this.#read(pdu, request, elapsedMs) : refusal(pdu, ILLEGAL_FUNCTION)
  }

  #read(pdu: Uint8Array, { function: code, address, count }: ReadRequest, elapsedMs: number): Answer {
    const { image, blockMax } = this.#options
    if (count > blockMax && (code === 3 || code === 4)) return refusal(pdu, ILLEGAL_VALUE)
    let read: ImageRead | undefined
    try {
      read = image.read(READS[code], address, count, elapsedMs)
    } catch (error) {
      // A curve has left what its registers can hold: a sensor that is beyond its range.
      if (!(error instanceof ProtocolError || error instanceof RangeError)) throw error
      return refusal(pdu, DEVICE_FAILURE)
    }
    if (read === undefined) return refusal(pdu, ILLEGAL_ADDRESS)
    const { words, points } = read
    const response =
      code === 1 || code === 2 ? { function: code, bits: words.map((word) => word !== 0) } : { function: code, registers: words }
    return { pdu: encodeResponse(response), points }
  }
}

/** Also of a function that the codec does not know. */
function refusal(pdu: Uint8Array, exception: number): Answer {
  return { pdu: Uint8Array.of((pdu[0] ?? 0) | 0x80, exception), points: null }
}
