import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, writeSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openPty } from './pty.ts'

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, value) => value)

/** What comes out of a stream until it is so long. */
async function take(stream: AsyncIterable<Uint8Array>, length: number): Promise<Buffer> {
  let bytes = Buffer.alloc(0)
  for await (const chunk of stream) {
    bytes = Buffer.concat([bytes, chunk])
    if (bytes.length >= length) break
  }
  return bytes
}

test('every byte passes unchanged both ways, and nothing comes back by itself', async () => {
  await using pty = openPty()
  const reader = spawn('head', ['-c', '256', pty.path])
  expect(pty.write(ALL_BYTES)).toBe(true)
  expect(await take(reader.stdout, 256)).toEqual(Buffer.from(ALL_BYTES))
  const file = openSync(pty.path, 'r+')
  writeSync(file, ALL_BYTES)
  closeSync(file)
  expect(await take(pty.input, 256)).toEqual(Buffer.from(ALL_BYTES))
})

test('the path outlives whoever opens it, also one that is killed', async () => {
  await using pty = openPty()
  for (let turn = 0; turn < 3; turn++) {
    const user = spawn('sh', ['-c', `exec 3<>${pty.path}; printf x >&3; exec sleep 60`])
    const [bytes] = await once(pty.input, 'data')
    expect(bytes.toString()).toBe('x')
    user.kill('SIGKILL')
    await once(user, 'exit')
  }
})

test('bytes that nobody reads are lost and hold up nothing', async () => {
  await using pty = openPty()
  let written = 0
  while (pty.write(new Uint8Array(256)) && written < 1 << 20) written += 256
  expect(written).toBeLessThan(1 << 20)
  spawnSync('timeout', ['1', 'head', '-c', String(written), pty.path])
  expect(pty.write(ALL_BYTES)).toBe(true)
})

test('disposal takes the path away, and may come twice', async () => {
  const pty = openPty()
  expect(existsSync(pty.path)).toBe(true)
  await pty[Symbol.asyncDispose]()
  await pty[Symbol.asyncDispose]()
  expect(existsSync(pty.path)).toBe(false)
  expect(pty.write(ALL_BYTES)).toBe(false)
})

test('a machine without perl is told what is missing', () => {
  const path = process.env.PATH
  process.env.PATH = '/nonexistent'
  try {
    expect(() => openPty()).toThrow(
      expect.objectContaining({ code: 'port', message: expect.stringMatching(/perl and stty.*ENOENT/) }),
    )
  } finally {
    process.env.PATH = path
  }
})
