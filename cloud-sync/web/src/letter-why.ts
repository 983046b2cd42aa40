/** How the reasons that gateways and the cloud give begin, and the page's words for each; the server speaks one language, people two. */
const WHYS = [
  ['expected an observe time from the year 2000', 'tooOld'],
  ['expected an observe time of at most a day ahead', 'ahead'],
  ['expected a device id', 'device'],
  ['expected a point name', 'point'],
  ['expected a safe integer', 'number'],
  ['checksum', 'checksum'],
  ['thinned', 'thinned'],
  ['dropped', 'dropped'],
  ['its numbers went back', 'wentBack'],
  ['its numbers were given out twice', 'twice'],
  ['two runs take turns', 'twoRuns'],
  ['the epoch was closed', 'cameBack'],
  ['two journals take turns', 'twoJournals'],
  ['device of gateway', 'foreign'],
  ["the cloud's disk damaged batch", 'cloudDisk'],
] as const

/** @returns the key of the words below `letters.why`, or null where only the server's own are known */
export function whyKey(why: string): (typeof WHYS)[number][1] | null {
  return WHYS.find(([beginning]) => why.startsWith(beginning))?.[1] ?? null
}
