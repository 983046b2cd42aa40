import { type AuditView, LETTER_KINDS, type LettersView, type LetterView } from '../src/api/views.ts'

const MINUTE_MS = 60_000
const EPOCH = '9f3c1d27a4b85e60'
const OLD_EPOCH = '41d0b6e2c97f8a13'

const NOTHING: Omit<LetterView, 'id' | 'kind' | 'at' | 'why'> = {
  gateway: 'gw-01',
  epoch: EPOCH,
  lane: 'reading',
  seqs: [],
  count: null,
  device: null,
  point: null,
  from: null,
  to: null,
  topic: null,
  fenced: null,
  sample: null,
  bytes: null,
}
/** The beginning of a batch whose head is cut off, and what a stranger's program may send. */
const BYTES = Array.from({ length: 96 }, (_, index) => ((index * 37 + 130) % 256).toString(16).padStart(2, '0')).join('')

/** One of each kind and more, newest first. */
function all(now: number): LetterView[] {
  const at = (minutes: number) => now - minutes * MINUTE_MS
  const sample = (over: object) =>
    JSON.stringify({ device: 'level-01', point: 'level', at: at(12), n: 0, value: 3546, quality: 'good', ...over })
  const first: LetterView[] = [
    {
      ...NOTHING,
      id: 'refused-9',
      kind: 'refused',
      at: at(2),
      seqs: [[4_812, 4_815]],
      count: 4,
      device: 'level-01',
      point: 'level',
      why: 'expected an observe time of at most a day ahead',
      sample: sample({ at: at(-3_000) }),
    },
    {
      ...NOTHING,
      id: 'unreadable-4',
      kind: 'unreadable',
      at: at(9),
      epoch: null,
      lane: null,
      topic: 'sluice/1/gw-01/up',
      why: 'expected a batch of version 1, got a text of 96 bytes that begins with {"temperature":',
      bytes: BYTES,
    },
    {
      ...NOTHING,
      id: 'epoch-gw-02',
      kind: 'epoch',
      at: at(35),
      gateway: 'gw-02',
      epoch: OLD_EPOCH,
      lane: null,
      fenced: true,
      why: 'its numbers went back: lane reading had come to 18240, the gateway says 17022',
    },
    {
      ...NOTHING,
      id: 'loss-77',
      kind: 'loss',
      at: at(64),
      seqs: [
        [2_001, 2_960],
        [2_990, 2_990],
      ],
      count: 961,
      device: 'rain-01',
      from: at(1_500),
      to: at(1_260),
      why: 'dropped',
    },
    {
      ...NOTHING,
      id: 'parked-3',
      kind: 'parked',
      at: at(130),
      seqs: [],
      count: 1,
      device: 'level-01',
      point: 'velocity',
      from: at(133),
      why: 'field type conflict: input field "value" on measurement "velocity" is type float, already exists as type boolean',
      sample: sample({ point: 'velocity', value: 42 }),
    },
    {
      ...NOTHING,
      id: 'damaged-512',
      kind: 'damaged',
      at: at(200),
      seqs: [[1_200, 1_247]],
      count: 48,
      why: 'expected the checksum of the batch to hold, got another one',
    },
  ]
  const more = Array.from({ length: 60 }, (_, index): LetterView => {
    const seq = 900 - index
    return {
      ...NOTHING,
      id: `refused-old-${index}`,
      kind: 'refused',
      at: at(300 + index),
      seqs: [[seq, seq]],
      count: 1,
      device: 'rain-01',
      why: 'expected an observe time from the year 2000 on',
    }
  })
  return [...first, ...more]
}

/** A page of the first `shown` letters, as the cloud's own route answers. */
export function stageLetters(now: number, shown: number, query: Readonly<Record<string, string>>): LettersView {
  const { kind, gateway, before, limit = '50' } = query
  const letters = all(now).slice(0, shown)
  const here = letters.filter((letter) => gateway === undefined || letter.gateway === gateway)
  const asked = here.filter((letter) => kind === undefined || letter.kind === kind)
  const from = before === undefined ? 0 : asked.findIndex(({ id }) => id === before) + 1
  const page = asked.slice(from, from + Number(limit))
  const counts = Object.fromEntries(LETTER_KINDS.map((one) => [one, here.filter((letter) => letter.kind === one).length]))
  return {
    letters: page,
    // Its keys are the kinds.
    counts: counts as LettersView['counts'],
    gateways: [...new Set(letters.flatMap((letter) => letter.gateway ?? []))].sort(),
    next: from + page.length < asked.length ? (page.at(-1)?.id ?? null) : null,
  }
}

/** The account of two gateways; on a stage with letters one of them misses rows. */
export function stageAudit(isTroubled: boolean): AuditView {
  const lane = (over: Partial<AuditView['gateways'][number]>) => {
    return {
      gateway: 'gw-01',
      lane: 'reading',
      issued: 18_240,
      received: 18_240,
      refused: 0,
      carried: 0,
      declaredLost: 0,
      missing: [],
      ...over,
    }
  }
  const events = [lane({ lane: 'event', issued: 131, received: 131 }), lane({ lane: 'alarm', issued: 12, received: 12 })]
  if (!isTroubled) return { ok: true, gateways: [lane({}), ...events] }
  return {
    ok: false,
    gateways: [
      lane({ received: 17_227, refused: 4, declaredLost: 1_009 }),
      ...events,
      lane({ gateway: 'gw-02', issued: 17_022, received: 17_010, missing: [[17_011, 17_022]] }),
    ],
  }
}
