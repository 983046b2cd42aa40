import type { Request } from './request.ts'

/** The unit that stands for every device on a serial line. */
export const BROADCAST = 0

/**
 * Whether a device may be expected to answer on a serial line (RTU, ASCII): never to unit 0, after which a master leaves a pause (the turnaround
 * delay, 100 to 200 ms) instead of waiting. Over TCP there is no broadcast: unit 0 is the device at the other end, and answers.
 */
export function isAnswered(unit: number): boolean {
  return unit !== BROADCAST
}

/** Whether a request may go to unit 0 of a serial line: those that write and bring nothing back. */
export function mayBroadcast({ function: code }: Request): boolean {
  return code === 5 || code === 6 || code === 15 || code === 16 || code === 22
}
