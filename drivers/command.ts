/** Something that a device shall do or tell. */
export interface Command {
  /** Unique among those under way: told with everything that is said about it. */
  readonly id: string
  /** Of the driver's own vocabulary. */
  readonly name: string
  readonly args?: Readonly<Record<string, unknown>>
  /** Site time, epoch ms, after which it must not be carried out any more. */
  readonly expiresAt: number
}

/**
 * Why a command was not carried out, or cannot be known to have been.
 * - `unsupported`: this driver has no such command.
 * - `invalid`: its arguments cannot be sent.
 * - `refused`: the device said no, or something else than was asked.
 * - `no-answer`: it was sent, and the device said nothing.
 * - `expired`: its time was over. `sent` tells whether it had gone out until then.
 * - `overloaded`: too many wait for this device.
 * - `stopped`: the caller's signal, or the end of the driver.
 */
export type CommandFault = 'unsupported' | 'invalid' | 'refused' | 'no-answer' | 'expired' | 'overloaded' | 'stopped'

export type CommandResult =
  | { readonly ok: true; readonly id: string; readonly answer: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly id: string; readonly fault: CommandFault; readonly message: string; readonly sent: boolean }
