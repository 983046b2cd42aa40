/** Some parameters of a kind, one id behind the other. */
interface Range {
  readonly first: number
  readonly last: number
  readonly name: string
  readonly unit: string
  /** Each two are the upper and the lower limit of one thing. */
  readonly isPairs?: true
}

/** What a parameter is about (SL 651-2014, annex D). */
export interface ParameterInfo {
  readonly name: string
  /** '' for what has none. */
  readonly unit: string
}

/** The parameter of an id; undefined for one that the standard does not know. Elements have ids of their own: the function tells which is meant. */
export function parameterInfo(id: number): ParameterInfo | undefined {
  const range = RANGES.find(({ first, last }) => id >= first && id <= last)
  if (range === undefined) return undefined
  const { first, last, name, unit, isPairs } = range
  const index = id - first
  if (first === last) return { name, unit }
  if (!isPairs) return { name: `${name} ${index + 1}`, unit }
  const number = last - first === 1 ? '' : ` ${(index >> 1) + 1}`
  return { name: `${name}${number} ${index & 1 ? 'lower' : 'upper'} limit`, unit }
}

const RANGES: readonly Range[] = [
  { first: 0x01, last: 0x01, name: 'centre addresses', unit: '' },
  { first: 0x02, last: 0x02, name: 'station address', unit: '' },
  { first: 0x03, last: 0x03, name: 'password', unit: '' },
  { first: 0x04, last: 0x04, name: 'centre 1 main channel', unit: '' },
  { first: 0x05, last: 0x05, name: 'centre 1 backup channel', unit: '' },
  { first: 0x06, last: 0x06, name: 'centre 2 main channel', unit: '' },
  { first: 0x07, last: 0x07, name: 'centre 2 backup channel', unit: '' },
  { first: 0x08, last: 0x08, name: 'centre 3 main channel', unit: '' },
  { first: 0x09, last: 0x09, name: 'centre 3 backup channel', unit: '' },
  { first: 0x0a, last: 0x0a, name: 'centre 4 main channel', unit: '' },
  { first: 0x0b, last: 0x0b, name: 'centre 4 backup channel', unit: '' },
  { first: 0x0c, last: 0x0c, name: 'working mode', unit: '' },
  { first: 0x0d, last: 0x0d, name: 'collected elements', unit: '' },
  { first: 0x0e, last: 0x0e, name: 'relayed stations', unit: '' },
  { first: 0x0f, last: 0x0f, name: 'communication card', unit: '' },
  { first: 0x20, last: 0x20, name: 'timed report interval', unit: 'h' },
  { first: 0x21, last: 0x21, name: 'extra report interval', unit: 'min' },
  { first: 0x22, last: 0x22, name: 'start of the rain day', unit: 'h' },
  { first: 0x23, last: 0x23, name: 'sampling interval', unit: 's' },
  { first: 0x24, last: 0x24, name: 'stage storage interval', unit: 'min' },
  { first: 0x25, last: 0x25, name: 'rain resolution', unit: 'mm' },
  { first: 0x26, last: 0x26, name: 'stage resolution', unit: 'cm' },
  { first: 0x27, last: 0x27, name: 'rain threshold of extra reports', unit: 'mm' },
  { first: 0x28, last: 0x2f, name: 'stage base', unit: 'm' },
  { first: 0x30, last: 0x37, name: 'stage correction', unit: 'm' },
  { first: 0x38, last: 0x3f, name: 'extra report stage', unit: 'm' },
  { first: 0x40, last: 0x40, name: 'stage threshold above the extra report stage', unit: 'm' },
  { first: 0x41, last: 0x41, name: 'stage threshold below the extra report stage', unit: 'm' },
  { first: 0x42, last: 0x42, name: 'flow threshold', unit: '' },
  { first: 0x43, last: 0x43, name: 'velocity threshold', unit: '' },
  { first: 0x44, last: 0x44, name: 'gate threshold', unit: '' },
  { first: 0x45, last: 0x45, name: 'power threshold', unit: '' },
  { first: 0x46, last: 0x46, name: 'pressure threshold', unit: '' },
  { first: 0x47, last: 0x47, name: 'wind threshold', unit: '' },
  { first: 0x48, last: 0x48, name: 'water temperature threshold', unit: '' },
  { first: 0x49, last: 0x58, name: 'intake stage', unit: 'm', isPairs: true },
  { first: 0x59, last: 0x68, name: 'intake pressure', unit: 'kPa', isPairs: true },
  { first: 0x69, last: 0x6a, name: 'water temperature', unit: '°C', isPairs: true },
  { first: 0x6b, last: 0x6c, name: 'pH', unit: '', isPairs: true },
  { first: 0x6d, last: 0x6e, name: 'dissolved oxygen', unit: 'mg/L', isPairs: true },
  { first: 0x6f, last: 0x70, name: 'permanganate index', unit: 'mg/L', isPairs: true },
  { first: 0x71, last: 0x72, name: 'conductivity', unit: 'µS/cm', isPairs: true },
  { first: 0x73, last: 0x74, name: 'redox potential', unit: 'mV', isPairs: true },
  { first: 0x75, last: 0x76, name: 'turbidity', unit: 'NTU', isPairs: true },
  { first: 0x77, last: 0x78, name: 'ammonia nitrogen', unit: 'mg/L', isPairs: true },
  { first: 0x79, last: 0x7a, name: 'total nitrogen', unit: 'mg/L', isPairs: true },
  { first: 0x7b, last: 0x7c, name: 'copper', unit: 'mg/L', isPairs: true },
  { first: 0x7d, last: 0x7e, name: 'zinc', unit: 'mg/L', isPairs: true },
  { first: 0x7f, last: 0x80, name: 'fluoride', unit: 'mg/L', isPairs: true },
  { first: 0x81, last: 0x82, name: 'selenium', unit: 'mg/L', isPairs: true },
  { first: 0x83, last: 0x84, name: 'arsenic', unit: 'mg/L', isPairs: true },
  { first: 0x85, last: 0x86, name: 'mercury', unit: 'mg/L', isPairs: true },
  { first: 0x87, last: 0x88, name: 'cadmium', unit: 'mg/L', isPairs: true },
  { first: 0x89, last: 0x8a, name: 'total organic carbon', unit: 'mg/L', isPairs: true },
  { first: 0x8b, last: 0x8c, name: 'chlorophyll a', unit: 'µg/L', isPairs: true },
  { first: 0x8d, last: 0x8d, name: 'flow upper limit', unit: '' },
  { first: 0x8e, last: 0x95, name: 'recharge of meter', unit: 'm3' },
  { first: 0x96, last: 0x96, name: 'fixed volume', unit: 'm3' },
  { first: 0x97, last: 0x97, name: 'clear stored data', unit: '' },
  { first: 0x98, last: 0x98, name: 'factory reset', unit: '' },
  { first: 0x99, last: 0xa0, name: 'start value of meter', unit: 'm3' },
  { first: 0xa1, last: 0xa8, name: 'remaining volume alarm of meter', unit: 'm3' },
]
