import { encodeMessage, type Frame, type MessageInput, type Parameter, readMessage, stationTimeText } from '#protocols/sl651'

/** What a centre wants of a station. */
export interface StationCommand {
  /** Of the caller's own, told in all notices about it. */
  readonly id: string
  /** Two hex digits. */
  readonly function: string
  /** What stands behind serial and send time. */
  readonly body?: Pick<
    MessageInput,
    'parameters' | 'query' | 'period' | 'timeStep' | 'elements' | 'switches' | 'gates' | 'isFixedQuantity' | 'data'
  >
}

/** Functions that need more than question, answer, confirmation. */
export const [WRITE_BASIC, WRITE_RUN, SET_PASSWORD, SET_CLOCK] = ['40', '42', '49', '4A'] as const
const PASSWORD_PARAMETER = '03'

/** To whom a command goes, and how. */
export type CommandAddress = Pick<Frame, 'encoding' | 'centre' | 'station' | 'password'>

/** The frame of a command. Its serial is 0, as everything that a centre begins. @throws ProtocolError as `encodeMessage` */
export function encodeCommand(command: StationCommand, to: CommandAddress, at: number): Uint8Array {
  const head = {
    ...to,
    direction: 'down',
    function: command.function,
    serial: 0,
    sendTime: stationTimeText(at),
    end: 'ENQ',
  } as const
  return encodeMessage({ ...command.body, ...head })
}

/**
 * Whether a station says back the parameters that it was told, so that they may be confirmed. What it says beyond them is its own affair.
 * Other functions have nothing to compare.
 */
export function isEchoed(command: StationCommand, answer: Frame): boolean {
  if (command.function !== WRITE_BASIC && command.function !== WRITE_RUN) return true
  // Whatever has a serial and a time can be read; a body that says no parameters has none.
  const said = (readMessage(answer).parameters ?? []).map(spelled)
  return (command.body?.parameters ?? []).every((told) => said.includes(spelled(told)))
}

/** The password that a station has once its change is confirmed. */
export function newPassword({ function: code, body }: StationCommand): string | undefined {
  if (code !== SET_PASSWORD) return undefined
  const last = body?.parameters?.filter(({ id }) => id === PASSWORD_PARAMETER).at(-1)
  return last?.hex ?? last?.text
}

function spelled({ id, hex = '', text = '' }: Pick<Parameter, 'id' | 'hex' | 'text'>): string {
  return `${id} ${hex} ${text}`.toUpperCase()
}
