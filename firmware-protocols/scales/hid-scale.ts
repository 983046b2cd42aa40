import { Type } from 'typebox'
import { DECIMALS_MAX, Decimal } from '#protocols/decimal'
import { ProtocolError } from '#protocols/error'
import { FrameSplitter, INCOMPLETE, NO_FRAME, type Splitter } from '#protocols/frames'
import { oneOf, WEIGHT, type Weight, weightFrom, weightOf } from './message.ts'
import { scaleProtocol } from './protocol.ts'
import type { Read } from './read.ts'
import { required } from './text.ts'
import type { Unit } from './unit.ts'

/** Why there is no weight, beyond overload and underload. */
export const HID_SCALE_FAULTS = ['fault', 'calibration', 're-zero'] as const
export type HidScaleFault = (typeof HID_SCALE_FAULTS)[number]

/** A report's weight. */
export interface HidScaleWeight extends Weight {
  /** 3, or 4 on some. */
  readonly reportId: number
  readonly fault?: HidScaleFault
}

/** Report id, status, unit, exponent, weight in two bytes. */
const FRAME_BYTES = 6
const REPORT_IDS: readonly number[] = [3, 4]
const COUNT_MAX = 0xffff
/** By the unit byte of the usage page; 0 is none. */
const UNIT_CODES: readonly (Unit | undefined)[] = [
  ...[undefined, 'mg', 'g', 'kg', 'ct', 'tael', 'grain'],
  ...['dwt', 't', 'ton', 'ozt', 'oz', 'lb'],
] as const satisfies readonly (Unit | undefined)[]
const STATUS = { fault: 1, zero: 2, motion: 3, stable: 4, under: 5, over: 6, calibration: 7, 're-zero': 8 } as const
const STATUS_NAMES: readonly string[] = ['', ...Object.keys(STATUS)]

/** USB scales: an input report of HID usage page 8D, with its report id. */
export const hidScale = scaleProtocol({
  name: 'hid-scale',
  title: 'USB HID scales (usage page 8D), as DYMO and Stamps.com postal scales',
  evidence: {
    sources: ['USB HID point of sale usage tables, page 8D', 'erjiang/usbscale', 'R. Snyder on DYMO scales', 'tests of hwbridge'],
    confirmed:
      'Layout, exponent, units of mass and the states at zero and at rest, in four captured reports; the request to zero.',
    derived: 'A report below zero, above the limit, uncalibrated or at fault gives no value, for its two bytes have no sign.',
    missing: 'Attribute, limit and statistics reports.',
  },
  schema: Type.Object({
    ...WEIGHT,
    reportId: Type.Optional(Type.Integer({ minimum: 3, maximum: 4 })),
    fault: Type.Optional(oneOf(HID_SCALE_FAULTS)),
  }),
  fromJson: ({ reportId = 3, fault, ...json }): HidScaleWeight => {
    return { ...weightFrom(json), reportId, ...(fault === undefined ? {} : { fault }) }
  },
  read,
  write,
  splitter: () => packets((bytes, from) => (isReport(bytes, from) ? FRAME_BYTES : NO_FRAME), FRAME_BYTES),
  commandSet: {
    // The control report: bit 0 of its second byte enforces zero, bit 1 zeroes.
    verbs: [{ name: 'zero', says: '\x02\x02', asks: 'zero' }],
    separator: '',
    end: '',
    splitter: () => packets((bytes, from) => (bytes[from] === 2 && bytes[from + 1] === 2 ? 2 : NO_FRAME), 2),
  },
})

function read(frame: Uint8Array): Read<HidScaleWeight> {
  const [reportId = 0, status = 0, code = 0, exponentByte = 0, low = 0, high = 0] = frame
  if (frame.length < FRAME_BYTES)
    throw new ProtocolError('truncated', `expected ${FRAME_BYTES} bytes, got ${frame.length}`, frame)
  // Some systems fill a report up to the length of the longest.
  if (frame.subarray(FRAME_BYTES).some((byte) => byte !== 0))
    throw new ProtocolError('malformed', `expected ${FRAME_BYTES} bytes, got ${frame.length}`, frame)
  if (!REPORT_IDS.includes(reportId)) throw new ProtocolError('unsupported', `expected report 3 or 4, got ${reportId}`, frame)
  const name = STATUS_NAMES[status]
  if (!name) throw new ProtocolError('malformed', `expected a status from 1 to 8, got ${status}`, frame)
  const unit = UNIT_CODES[code]
  if (unit === undefined) throw new ProtocolError('unsupported', `expected a unit from 1 to 12, got ${code}`, frame)
  const exponent = (exponentByte << 24) >> 24
  const hasValue = status === STATUS.zero || status === STATUS.motion || status === STATUS.stable
  const told = weightOf(
    {
      value: hasValue ? scaled(low | (high << 8), exponent, frame) : null,
      unit,
      stable: hasValue ? status !== STATUS.motion : null,
      overload: status === STATUS.over,
      underload: status === STATUS.under,
      zero: status === STATUS.zero,
    },
    frame,
  )
  const fault = HID_SCALE_FAULTS.find((each) => each === name)
  const fields = [
    { from: 0, to: 1, name: 'report', value: `${reportId}` },
    { from: 1, to: 2, name: 'status', value: name },
    { from: 2, to: 3, name: 'unit', value: unit },
    { from: 3, to: 4, name: 'exponent', value: `${exponent}` },
    { from: 4, to: 6, name: 'weight', value: `${low | (high << 8)}` },
  ]
  return { message: { ...told, reportId, ...(fault === undefined ? {} : { fault }) }, fields }
}

/** @throws ProtocolError `malformed` for a power of ten beyond any scale. */
function scaled(count: number, exponent: number, frame: Uint8Array): Decimal {
  if (Math.abs(exponent) > DECIMALS_MAX)
    throw new ProtocolError('malformed', `expected an exponent of at most ${DECIMALS_MAX} either way, got ${exponent}`, frame)
  return exponent > 0 ? new Decimal(count * 10 ** exponent) : new Decimal(count, -exponent)
}

function write({ value, unit, stable, overload, underload, zero, reportId, fault }: HidScaleWeight): Uint8Array {
  const code = UNIT_CODES.indexOf(required('a unit', unit))
  if (code < 0) throw new RangeError(`expected a unit of ${UNIT_CODES.slice(1).join(', ')}, got ${unit}`)
  const hidden = fault ?? (overload ? 'over' : underload ? 'under' : undefined)
  const known = hidden === undefined ? required('a value', value) : new Decimal(0)
  const status = STATUS[hidden ?? (zero ? 'zero' : stable === false ? 'motion' : 'stable')]
  // What two bytes do not hold may still be so many tens.
  let { count, decimals } = known
  while (count > COUNT_MAX && count % 10 === 0) {
    count /= 10
    decimals--
  }
  if (count < 0 || count > COUNT_MAX) throw new RangeError(`expected 0 to ${COUNT_MAX} steps, got ${known}`)
  return Uint8Array.of(reportId, status, code, -decimals, count, count >> 8)
}

function isReport(bytes: Uint8Array, from: number): boolean {
  const [id = 0, status = 0, code = 0] = bytes.subarray(from, from + 3)
  return REPORT_IDS.includes(id) && status > 0 && status < STATUS_NAMES.length && UNIT_CODES[code] !== undefined
}

/** USB gives whole reports; this only refuses those of other kinds, and serves a stream of recorded ones. */
function packets(measure: (bytes: Uint8Array, from: number) => number, length: number): Splitter<Uint8Array> {
  return new FrameSplitter(
    (bytes, from) => (bytes.length - from < length ? INCOMPLETE : measure(bytes, from)),
    (bytes, from) => bytes.slice(from, from + length),
  )
}
