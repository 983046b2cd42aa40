/**
 * The characters that end a frame (SL 651-2014, 6.2), by name.
 * Up: ETX last report, the station may leave; ETB more reports follow. Down: ENQ a question or a command; EOT received, leave;
 * ACK received, go on; NAK send the packet named in the sequence field again; ESC received, stay online.
 */
export const ENDS = { ETX: 0x03, EOT: 0x04, ENQ: 0x05, ACK: 0x06, NAK: 0x15, ETB: 0x17, ESC: 0x1b } as const
export type End = keyof typeof ENDS

/** The name of an end character; undefined for any other byte. */
export function endOf(byte: number): End | undefined {
  switch (byte) {
    case ENDS.ETX:
      return 'ETX'
    case ENDS.EOT:
      return 'EOT'
    case ENDS.ENQ:
      return 'ENQ'
    case ENDS.ACK:
      return 'ACK'
    case ENDS.NAK:
      return 'NAK'
    case ENDS.ETB:
      return 'ETB'
    case ENDS.ESC:
      return 'ESC'
    default:
      return undefined
  }
}
