/** The first wait after a connection failed; each further one doubles it. */
export const BACKOFF_MS_MIN = 250
/** The longest wait: how late a line is found that came back. */
export const BACKOFF_MS_MAX = 30_000

/**
 * How long to wait after so many failures in a row (from 1), between half and all of the doubled time, so that a hundred gateways do not
 * come back in one instant.
 * @param random from 0 to below 1.
 */
export function backoffMs(failures: number, random: number, msMin = BACKOFF_MS_MIN, msMax = BACKOFF_MS_MAX): number {
  const ms = Math.min(msMax, msMin * 2 ** Math.min(failures - 1, 30))
  return Math.ceil(ms * (0.5 + random / 2))
}
