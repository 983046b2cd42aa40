/** SL 651-2014, hydrological monitoring data communication: what its frames mean, both encodings, both ways. */
export * from './ack.ts'
export * from './codec.ts'
export type { Element, ElementInput } from './element.ts'
export { sl651Element } from './element-codec.ts'
export { type ElementInfo, elementInfo } from './element-table.ts'
export { ENDS, type End } from './ends.ts'
export type { EventCounts } from './event-record.ts'
export {
  type Direction,
  decodeFrame,
  type Encoding,
  type Envelope,
  encodeFrame,
  FRAME_BYTES_MAX,
  type Frame,
} from './frame.ts'
export { type FunctionInfo, functionInfo, type Reply } from './functions.ts'
export type { Gate } from './gates.ts'
export * from './message.ts'
export * from './message-codec.ts'
export type { Channel, ParameterMeaning } from './parameter-meaning.ts'
export { type ParameterInfo, parameterInfo } from './parameter-table.ts'
export type { Parameter, ParameterInput } from './parameters.ts'
export * from './splitter.ts'
export * from './station-time.ts'
export * from './status-word.ts'
