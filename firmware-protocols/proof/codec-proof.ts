import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Codec, Side } from '#protocols/codec'
import { ProtocolError, type ProtocolErrorCode } from '#protocols/error'
import type { Splitter } from '#protocols/frames'
import { noise } from './noise.ts'

/** What a codec's tests bring so that the common proofs can be made. */
export interface CodecProof {
  readonly codec: Codec
  readonly side?: Side
  /** Values as JSON that `encode` takes; left out for a codec that only reads. */
  readonly values?: fc.Arbitrary<object>
  /** Good frames, hex, whichever `encode` gives back byte for byte from what `decode` says. */
  readonly frames: readonly string[]
  /** What a frame cut short is, at any byte but the last. `any`: there may be good frames among them, as a line without a bound has. */
  readonly cut?: ProtocolErrorCode | 'any'
  /** `yes`: a frame with one bit flipped never decodes as another. `no`: the protocol cannot tell. */
  readonly isChecked: boolean
  /** Bytes of a frame of which no bit is checked by anything. */
  readonly unchecked?: (frame: Uint8Array) => readonly number[]
  readonly splitter?: () => Splitter<unknown>
  /** Most bytes that the splitter may hold. */
  readonly pendingMax?: number
  /** What stands between noise and the next frame to be found: silence, a frame that is lost, or nothing. Hex. */
  readonly resync?: string
}

const NOISE_BYTES = 1 << 20

/** The proofs that every codec owes: round trip, every cut, every flipped bit, a megabyte of noise. Registers them as tests. */
export function provesCodec({
  codec,
  side,
  values,
  frames,
  cut = 'truncated',
  isChecked,
  unchecked,
  ...stream
}: CodecProof): void {
  const samples = frames.map((hex) => new Uint8Array(Buffer.from(hex, 'hex')))
  const said = (bytes: Uint8Array): unknown => JSON.parse(JSON.stringify(codec.decode(bytes, side).value))
  /** @returns what it says, or the code of the error */
  const outcome = (bytes: Uint8Array): unknown => {
    try {
      return said(bytes)
    } catch (error) {
      if (error instanceof ProtocolError) return error.code
      throw error
    }
  }

  describe(`${codec.name}${side ? ` (${side})` : ''}`, () => {
    const { encode } = codec
    if (encode) {
      test.each(frames)('encodes again what it decoded from %s', (hex) => {
        const bytes = new Uint8Array(Buffer.from(hex, 'hex'))
        expect(Buffer.from(encode(said(bytes), side)).toString('hex')).toBe(hex.toLowerCase())
      })
    }
    if (encode && values) {
      test('whatever it encodes it decodes to the same', () => {
        fc.assert(
          fc.property(values, (value) => {
            const bytes = encode(value, side)
            expect(said(bytes)).toMatchObject(value)
            expect(encode(said(bytes), side)).toEqual(bytes)
          }),
        )
      })
    }

    test('a frame cut at any byte is refused', () => {
      for (const sample of samples) {
        for (let length = 0; length < sample.length; length++) {
          const got = outcome(sample.slice(0, length))
          if (cut !== 'any') expect({ length, got }).toEqual({ length, got: cut })
        }
      }
    })

    test(isChecked ? 'a flipped bit never makes another good frame' : 'a flipped bit throws nothing but its own error', () => {
      for (const sample of samples) {
        const good = said(sample)
        const free = unchecked?.(sample) ?? []
        for (let bit = 0; bit < sample.length * 8; bit++) {
          const flipped = Uint8Array.from(sample)
          flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
          const got = outcome(flipped)
          if (isChecked && typeof got !== 'string' && !free.includes(bit >> 3)) expect({ bit, got }).toEqual({ bit, got: good })
        }
      }
    })

    test('its fields lie in the frame, in order and apart', () => {
      for (const sample of samples) {
        let at = 0
        for (const field of codec.decode(sample, side).fields) {
          expect(field.from, field.name).toBeGreaterThanOrEqual(at)
          expect(field.to, field.name).toBeGreaterThan(field.from)
          at = field.to
        }
        expect(at).toBeLessThanOrEqual(sample.length)
      }
    })

    test('noise is refused as such', () => {
      for (const length of [1, 2, 7, 30, 257, 5000, NOISE_BYTES]) outcome(noise(length, length))
      for (const sample of samples) {
        // Whatever is behind the start of a real frame.
        for (let seed = 0; seed < 50; seed++) {
          const bytes = Uint8Array.from(sample)
          bytes.set(noise(sample.length, seed).subarray(0, Math.ceil(sample.length / 2)), Math.floor(sample.length / 2))
          outcome(bytes)
        }
      }
    })

    if (stream.splitter) provesSplitter(samples, stream.splitter, stream.pendingMax ?? 0, stream.resync ?? '')
  })
}

function provesSplitter(samples: readonly Uint8Array[], open: () => Splitter<unknown>, pendingMax: number, resync: string): void {
  const stream = Buffer.concat(samples)
  const whole = (): number => samples.reduce((count, sample) => count + open().push(sample).length, 0)

  test('the stream is cut into the same frames however it comes', () => {
    for (const size of [1, 2, 3, 7, 64, stream.length]) {
      const splitter = open()
      let count = 0
      for (let from = 0; from < stream.length; from += size) count += splitter.push(stream.subarray(from, from + size)).length
      expect({ size, count }).toEqual({ size, count: whole() })
      expect(splitter).toMatchObject({ droppedBytes: 0, pendingBytes: 0 })
    }
    expect(whole()).toBeGreaterThanOrEqual(samples.length)
  })

  test('a megabyte of noise neither throws nor grows, and the frames behind it are found', () => {
    const splitter = open()
    const bytes = noise(NOISE_BYTES, 1)
    for (let from = 0; from < bytes.length; from += 4096) {
      splitter.push(bytes.subarray(from, from + 4096))
      expect(splitter.pendingBytes).toBeLessThanOrEqual(pendingMax)
    }
    splitter.push(Buffer.from(resync, 'hex'))
    if (resync === '') splitter.reset()
    expect(splitter.push(stream).length).toBe(whole())
  })
}
