import type { Told } from './assemblies.ts'
import type { StationCommand } from './command.ts'
import type { CommandFailure, LinkNotice, LinkOutput } from './output.ts'

export function notice(station: string, what: LinkNotice): LinkOutput {
  return { kind: 'notice', station, notice: what }
}

export function failed(station: string, { id }: StationCommand, reason: CommandFailure): LinkOutput {
  return notice(station, { code: 'command-failed', command: id, reason })
}

export function tell(out: LinkOutput[], told: readonly Told[]): void {
  for (const one of told) out.push(notice(one.station, one.notice))
}
