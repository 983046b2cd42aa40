/** `ledger`: a file that is no ledger. `port`: an address that cannot be listened on. Faults of a scenario are a `DocumentError`. */
export type SimulatorErrorCode = 'ledger' | 'port'

export class SimulatorError extends Error {
  override readonly name = 'SimulatorError'
  readonly code: SimulatorErrorCode
  constructor(code: SimulatorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
