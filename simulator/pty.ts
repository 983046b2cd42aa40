import { spawnSync } from 'node:child_process'
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { ReadStream } from 'node:tty'
import { SimulatorError } from './simulator-error.ts'

/** A serial port without hardware: a pseudo-terminal, of which this end is held and the other has a path. */
export interface Pty extends AsyncDisposable {
  /** What somebody opens as a serial port: `/dev/pts/5`. It is there until disposal, however often it is opened and closed. */
  readonly path: string
  /** What was written into the path. */
  readonly input: Readable
  /** Sends bytes to whoever reads the path. False: nobody has read for so long that they are lost, as on a wire without a listener. */
  write(bytes: Uint8Array): boolean
}

/**
 * Unlocks the terminal on its descriptor 3, prints its number, and turns off echo and line editing. Node has no `ioctl`; Perl has, and is part
 * of every Debian and Ubuntu (`perl-base` is essential there), so that nothing has to be compiled. The numbers are TIOCSPTLCK and TIOCGPTN of
 * Linux's asm-generic/ioctls.h. Not on descriptor 0: Node makes those of a child blocking, and so ours, which are the same.
 */
const UNLOCK = `
open(STDIN, "+<&", 3) || die "$!\\n";
my $number = my $lock = pack("i", 0);
ioctl(STDIN, 0x40045431, $lock) && ioctl(STDIN, 0x80045430, $number) || die "$!\\n";
syswrite(STDOUT, unpack("i", $number));
exec("stty", "raw", "-echo") || die "stty: $!\\n";
`

/** Opens a pseudo-terminal. @throws SimulatorError `port` where the machine has none to give */
export function openPty(): Pty {
  const { O_RDWR, O_NOCTTY, O_NONBLOCK } = constants
  const held: number[] = []
  try {
    const master = openSync('/dev/ptmx', O_RDWR | O_NOCTTY | O_NONBLOCK)
    held.push(master)
    const { status, stdout, stderr, error } = spawnSync('perl', ['-e', UNLOCK], {
      stdio: ['ignore', 'pipe', 'pipe', master],
      encoding: 'utf8',
    })
    if (status !== 0) throw error ?? new Error(`perl ended with ${status}: ${stderr.trim()}`)
    const path = `/dev/pts/${stdout}`
    // Held open too: a terminal whose last user closes it is gone for good.
    const other = openSync(path, O_RDWR | O_NOCTTY)
    held.push(other)
    return ptyOf(path, master, other)
  } catch (cause) {
    for (const descriptor of held) closeSync(descriptor)
    throw new SimulatorError(
      'port',
      `expected to open a pseudo-terminal (Linux with /dev/ptmx, perl and stty), got: ${cause instanceof Error ? cause.message : cause}`,
      { cause },
    )
  }
}

function ptyOf(path: string, master: number, other: number): Pty {
  const input = new ReadStream(master)
  const closed = new Promise((resolve) => input.once('close', resolve))
  // Nothing is left to be done about it: `close` follows.
  input.on('error', () => input.destroy())
  let isDisposed = false
  return {
    path,
    input,
    write(bytes) {
      if (isDisposed || input.destroyed) return false
      try {
        return writeSync(master, bytes) === bytes.length
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return false
        throw error
      }
    },
    async [Symbol.asyncDispose]() {
      if (isDisposed) return
      isDisposed = true
      input.destroy()
      closeSync(other)
      await closed
    },
  }
}
