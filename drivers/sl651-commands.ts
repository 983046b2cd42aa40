import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Clock } from '#devices'
import { ProtocolError } from '#protocols/error'
import { type Message, stationTime, stationTimeText } from '#protocols/sl651'
import type { CommandFailure, LinkNotice, StationCommand } from '#protocols/sl651-link'
import type { Command, CommandFault, CommandResult } from './command.ts'
import { DriverError } from './driver-error.ts'

/** Commands of one station that are under way or wait. */
export const COMMANDS_MAX = 16

const strict = { additionalProperties: false } as const
const None = Type.Object({}, strict)
const Id = Type.String({
  pattern: '^[0-9A-F]{2}([0-9A-F]{2})?$',
  description: 'of a parameter, as 20; with its definition byte, as 2008, for a station that talks HEX',
})
const Ids = Type.Object({ ids: Type.Array(Id, { minItems: 1, maxItems: 100 }) }, strict)
const Period = Type.Object(
  {
    from: Type.Integer({ description: 'epoch ms' }),
    to: Type.Integer({ description: 'epoch ms' }),
    element: Type.String({ pattern: '^(FF)?[0-9A-F]{4}$', description: 'its identifier with the definition byte, as 3923' }),
    timeStep: Type.String({ pattern: '^[0-9]{6}$', default: '000100', description: 'days, hours, minutes' }),
  },
  strict,
)

/** A command of its function alone. */
function bare(code: string): (args: unknown, id: string) => StationCommand {
  return (args, id) => {
    checked(None, args)
    return { id, function: code }
  }
}

/** What a station can be told, each with the function that tells it. */
const COMMANDS: Readonly<Record<string, (args: unknown, id: string) => StationCommand>> = {
  'clock.set': bare('4A'),
  'clock.read': bare('51'),
  'values.read': bare('37'),
  'basic.read': (args, id) => ({ id, function: '41', body: { query: checked(Ids, args).ids } }),
  'run.read': (args, id) => ({ id, function: '43', body: { query: checked(Ids, args).ids } }),
  'period.read': (args, id) => {
    const { from, to, element, timeStep } = checked(Period, args)
    const hours = (at: number): string => stationTimeText(at).slice(0, 8)
    return { id, function: '38', body: { period: { from: hours(from), to: hours(to) }, timeStep, query: [element] } }
  },
}
export const SL651_COMMANDS = Object.keys(COMMANDS)

interface UnderWay {
  readonly command: Command
  readonly sent: StationCommand
  readonly settle: (result: CommandResult) => void
  isSent: boolean
  /** What it answered until now; an answer may come in several messages. */
  answers: Message[]
}

/** The commands of one station, each until the station itself has answered, it was given up, or its time was over. */
export class Sl651Commands {
  readonly #underWay = new Map<string, UnderWay>()
  readonly #clock: Clock
  readonly #send: (command: StationCommand) => void

  readonly #cancel: (id: string) => void

  /**
   * @param send queues it on the line; throws ProtocolError for what no frame holds, DriverError where it cannot be queued
   * @param cancel takes it back
   */
  constructor(clock: Clock, send: (command: StationCommand) => void, cancel: (id: string) => void) {
    this.#clock = clock
    this.#send = send
    this.#cancel = cancel
  }

  write(command: Command, stop: AbortSignal): Promise<CommandResult> {
    const { id, name, args = {}, expiresAt } = command
    const leftMs = expiresAt - this.#clock.now()
    const build = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
    const refused = (fault: CommandFault, message: string) => Promise.resolve(failed(id, fault, message, false))
    if (build === undefined) return refused('unsupported', `expected one of ${SL651_COMMANDS.join(', ')}, got ${name}`)
    if (leftMs <= 0) return refused('expired', 'expected a command whose time is not over')
    if (stop.aborted) return refused('stopped', 'expected a command to carry out, got a stop')
    if (this.#underWay.size >= COMMANDS_MAX || this.#underWay.has(id))
      return refused('overloaded', `expected at most ${COMMANDS_MAX} commands, each once, got ${id} more`)
    return new Promise((resolve) => {
      const end = (fault: CommandFault, message: string) => () => {
        this.#cancel(id)
        settle(failed(id, fault, message, this.#underWay.get(id)?.isSent ?? false))
      }
      const onStop = end('stopped', 'expected the answer of the station, got a stop')
      const settle = (result: CommandResult): void => {
        cancel()
        stop.removeEventListener('abort', onStop)
        this.#underWay.delete(id)
        resolve(result)
      }
      const expire = end('expired', 'expected the answer of the station, got none in time')
      const cancel = this.#clock.after(leftMs / this.#clock.speed, expire)
      stop.addEventListener('abort', onStop)
      try {
        const sent = build(args, id)
        this.#underWay.set(id, { command, sent, settle, isSent: false, answers: [] })
        this.#send(sent)
      } catch (error) {
        if (error instanceof DriverError) settle(failed(id, 'stopped', error.message, false))
        else if (error instanceof RangeError || error instanceof ProtocolError)
          settle(failed(id, 'invalid', error.message, false))
        else throw error
      }
    })
  }

  /** A message that answers one of them. */
  answer(id: string, message: Message): void {
    this.#underWay.get(id)?.answers.push(message)
  }

  notice(notice: LinkNotice): void {
    if (!('command' in notice)) return
    const underWay = this.#underWay.get(notice.command)
    if (underWay === undefined) return
    const { command, answers, settle } = underWay
    if (notice.code === 'command-sent') underWay.isSent = true
    else if (notice.code === 'command-done')
      settle({ ok: true, id: command.id, answer: { ...answerOf(answers), ...offsetOf(notice.clockOffsetMs) } })
    else settle(failed(command.id, FAULTS[notice.reason], `the station: ${notice.reason}`, underWay.isSent))
  }

  /** All that wait are told that nothing will come. */
  end(): void {
    for (const { command, isSent, settle } of [...this.#underWay.values()]) {
      this.#cancel(command.id)
      settle(failed(command.id, 'stopped', 'expected the answer of the station, got the end of its driver', isSent))
    }
  }
}

const FAULTS: Readonly<Record<CommandFailure, CommandFault>> = {
  mode: 'unsupported',
  'queue-full': 'overloaded',
  'not-encodable': 'invalid',
  'no-answer': 'no-answer',
  'echo-differs': 'refused',
  'clock-not-set': 'refused',
  'session-dropped': 'overloaded',
}

/** What the station said, as JSON has it. */
function answerOf(answers: readonly Message[]): Record<string, unknown> {
  const [first] = answers
  if (first === undefined) return {}
  const at = first.sendTime === undefined ? null : stationTime(first.sendTime)
  const parameters = answers.flatMap((message) => message.parameters ?? [])
  const elements = answers.flatMap((message) => message.elements ?? [])
  const said: unknown = JSON.parse(JSON.stringify({ parameters, elements }))
  return { function: first.function, sendTime: first.sendTime, at, ...(typeof said === 'object' ? said : {}) }
}

function offsetOf(clockOffsetMs: number | undefined): Record<string, unknown> {
  return clockOffsetMs === undefined ? {} : { clockOffsetMs }
}

function checked<T extends TSchema>(schema: T, args: unknown): Static<T> {
  const whole = Value.Default(schema, Value.Clone(args))
  if (Value.Check(schema, whole)) return whole
  const [error] = Value.Errors(schema, whole)
  throw new RangeError(`expected the arguments of the command, got ${error?.message ?? 'others'}`)
}

function failed(id: string, fault: CommandFault, message: string, sent: boolean): CommandResult {
  return { ok: false, id, fault, message, sent }
}
