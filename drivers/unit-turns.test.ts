import { expect, test } from 'vitest'
import { UnitTurns } from './unit-turns.ts'

interface Job {
  readonly unit: number
  readonly name: string
}

const READY = () => 0

function turnsOf(...names: string[]): UnitTurns<Job> {
  const turns = new UnitTurns<Job>()
  for (const name of names) turns.add({ unit: Number(name[0]), name })
  return turns
}

function order(turns: UnitTurns<Job>, waitMsOf: (job: Job) => number = READY): string[] {
  const names: string[] = []
  for (let next = turns.next(waitMsOf); next && 'job' in next; next = turns.next(waitMsOf)) names.push(next.job.name)
  return names
}

test('units take turns, and of a unit the first that came goes first', () => {
  expect(order(turnsOf('1a', '1b', '1c', '1d', '2a', '3a', '2b'))).toEqual(['1a', '2a', '3a', '1b', '2b', '1c', '1d'])
})

test('whoever asks again at once comes behind all who wait', () => {
  const turns = turnsOf('1a', '2a', '3a')
  const served: string[] = []
  for (let turn = 0; turn < 6; turn++) {
    const next = turns.next(READY)
    if (next === undefined || !('job' in next)) throw new Error('expected a job')
    served.push(next.job.name)
    turns.add(next.job)
  }
  expect(served).toEqual(['1a', '2a', '3a', '1a', '2a', '3a'])
})

test('a unit that must wait is passed over and keeps its place, and the nearest end of a wait is told', () => {
  const turns = turnsOf('1a', '1b', '2a', '3a')
  const waits: Record<string, number> = { '1a': 50, '2a': 20 }
  const waitMsOf = ({ name }: Job) => waits[name] ?? 0
  expect(order(turns, waitMsOf)).toEqual(['3a'])
  expect(turns.next(waitMsOf)).toEqual({ waitMs: 20 })
  waits['1a'] = 0
  expect(order(turns, waitMsOf)).toEqual(['1a', '1b'])
  waits['2a'] = 0
  expect(order(turns, waitMsOf)).toEqual(['2a'])
  expect(turns.next(waitMsOf)).toBeUndefined()
})

test('what waits is counted, in all and of a unit, and can be taken out', () => {
  const turns = turnsOf('1a', '1b', '2a')
  expect([turns.size, turns.sizeOf(1), turns.sizeOf(2), turns.sizeOf(9)]).toEqual([3, 2, 1, 0])
  turns.next(READY)
  expect([turns.size, turns.sizeOf(1)]).toEqual([2, 1])
  expect(turns.drain().map(({ name }) => name)).toEqual(['2a', '1b'])
  expect([turns.size, turns.next(READY)]).toEqual([0, undefined])
})
