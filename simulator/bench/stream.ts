/** What a busy socket gives at once. */
const CHUNK_BYTES = 64 * 1024

/** As many of the frame as one chunk holds, without noise. */
export function streamOf(frame: Uint8Array): { readonly stream: Uint8Array; readonly frames: number } {
  const frames = Math.floor(CHUNK_BYTES / frame.length)
  return { stream: new Uint8Array(Buffer.concat(new Array<Uint8Array>(frames).fill(frame))), frames }
}

/** @returns `units` @throws Error where the work was not done: what does nothing is fast */
export function counted(got: number, expected: number, units: number): number {
  if (got !== expected) throw new Error(`expected ${expected} of a round, got ${got}`)
  return units
}
