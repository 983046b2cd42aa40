/** More spans than this of one device are joined: it is asked for a row more often, nothing is wrong. */
const SPANS_MAX = 8

/**
 * Where in time a device may have rows in the store; outside there is none, so that a row there can be written unread. Live rows come behind the
 * last span and a refill before the first: both stay outside, in whatever order they take turns.
 */
export class Spans {
  /** Ascending, inclusive, disjoint. */
  readonly #spans: [first: number, last: number][] = []

  /** Nothing but [first, last] has rows; without them none has. */
  constructor(first?: number, last?: number) {
    if (first !== undefined && last !== undefined && first <= last) this.#spans.push([first, last])
  }

  has(at: number): boolean {
    for (let index = this.#spans.length - 1; index >= 0; index--) {
      const span = this.#spans[index]
      if (span !== undefined && at >= span[0]) return at <= span[1]
    }
    return false
  }

  /** From now on there may be rows at `at`: the span before it grows, so that rows in rising order make one. */
  add(at: number): void {
    const index = this.#spans.findLastIndex(([first]) => first <= at)
    const before = this.#spans[index]
    if (before === undefined) this.#spans.unshift([at, at])
    else if (at > before[1]) before[1] = at
    if (this.#spans.length > SPANS_MAX) {
      const [first, second] = this.#spans.splice(0, 2)
      if (first && second) this.#spans.unshift([first[0], second[1]])
    }
  }
}
