import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pino from 'pino'
import { expect, test } from 'vitest'
import { BrokerProcess } from '#cloud/broker'
import { Session } from '#mqtt'

const CLI = fileURLToPath(new URL('../../cli.ts', import.meta.url))
const log = pino({ enabled: false })
const never = new AbortController().signal
const open = () => BrokerProcess.open({ host: '127.0.0.1', port: 0, log })
const until = async (condition: () => boolean | Promise<boolean>) => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20))
}
const connect = (url: string) => Session.open({ url, clientId: 'cloud-test', onMessage: () => {} }, never)

test('the broker runs in a process of its own and tells its numbers', async () => {
  await using broker = await open()
  expect(broker.pid).not.toBe(process.pid)
  await using _ = await connect(broker.url)
  await until(() => broker.numbers?.clients === 1)
  expect(broker.numbers?.rssBytes).toBeGreaterThan(0)
})

test('a broker that is killed is begun again on its port, and its clients find it there', async () => {
  await using broker = await open()
  const { url, pid } = broker
  process.kill(pid, 'SIGKILL')
  await until(() => broker.pid !== 0 && broker.pid !== pid)
  await until(async () => {
    const session = await connect(url).catch(() => null)
    await session?.[Symbol.asyncDispose]()
    return session !== null
  })
  expect(broker.restarts).toBe(1)
  expect(broker.url).toBe(url)
})

test('its end is the end of its process, and its port is free', async () => {
  const broker = await open()
  const { url, pid } = broker
  await broker[Symbol.asyncDispose]()
  expect(() => process.kill(pid, 0)).toThrow()
  expect(await canListen(Number(new URL(url).port))).toBe(true)
})

test('a port that stays in use is told as the system tells it', async () => {
  await using broker = await open()
  const port = Number(new URL(broker.url).port)
  await expect(BrokerProcess.open({ host: '127.0.0.1', port, log })).rejects.toMatchObject({
    code: 'EADDRINUSE',
    syscall: 'listen',
    port,
  })
})

test('a cloud that is killed leaves no broker behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-broker-'))
  const [config, ready] = [join(folder, 'cloud.yaml'), join(folder, 'ready.json')]
  writeFileSync(config, 'data: ./data\nbroker: { port: 0 }\nhttp: { port: 0 }\nrules: []\n')
  const args = [CLI, 'cloud', '--config', config, '--role', 'broker,ingest', '--ready-file', ready]
  const cloud = spawn(process.execPath, args, { stdio: 'ignore' })
  await until(() => existsSync(ready) || cloud.exitCode !== null)
  const { broker } = JSON.parse(readFileSync(ready, 'utf8')) as { broker: string }
  const exited = once(cloud, 'exit')
  cloud.kill('SIGKILL')
  await exited
  await until(() => canListen(Number(new URL(broker).port)))
  rmSync(folder, { recursive: true })
})

async function canListen(port: number): Promise<boolean> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  const isListening = await once(server, 'listening').then(
    () => true,
    () => false,
  )
  server.close()
  return isListening
}
