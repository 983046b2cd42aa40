/** `missing`: the program is not installed; `unavailable`: it does not start. */
export type BrokerErrorCode = 'missing' | 'unavailable'

/** A broker that does not come to listen. */
export class BrokerError extends Error {
  readonly code: BrokerErrorCode
  constructor(code: BrokerErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
