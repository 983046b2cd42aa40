import { spawnSync } from 'node:child_process'

/** What a proof needs of the machine beside Node: each as a command that ends with 0 where it is there and allowed. */
const PROBES = {
  strace: ['strace', '-f', '-o', '/dev/null', '-e', 'trace=fsync', 'true'],
  netns: ['unshare', '--net', 'iptables', '-w', '-A', 'INPUT', '-j', 'DROP'],
  faketime: ['faketime', '2020-01-01', 'true'],
  mosquitto: ['mosquitto', '-h'],
  mount: ['unshare', '--mount', 'mount', '-t', 'tmpfs', 'sluice', '/mnt'],
  ext4: ['mkfs.ext4', '-V'],
  influxd: ['influxd', 'version'],
} as const satisfies Record<string, readonly [string, ...string[]]>
export type Feature = keyof typeof PROBES

const NEEDS: Readonly<Record<Feature, string>> = {
  strace: 'strace, and leave to trace a process (Debian package strace)',
  netns: 'network namespaces and iptables in them, which take root (Debian packages iproute2 and iptables)',
  faketime: 'faketime (Debian package faketime)',
  mosquitto: 'Mosquitto (Debian package mosquitto)',
  mount: 'leave to mount, which takes root',
  ext4: 'mkfs.ext4 (Debian package e2fsprogs)',
  influxd: 'InfluxDB 1.x (Debian package influxdb)',
}

/** Whether the machine lacks it: a sentence for a person, or null. */
export function lackOf(feature: Feature): string | null {
  const [command, ...args] = PROBES[feature]
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  // `mosquitto -h` tells its usage and ends with 3.
  if (error === undefined && (status === 0 || (feature === 'mosquitto' && status === 3))) return null
  return `expected ${NEEDS[feature]}, got ${error?.message ?? stderr.trim()}`
}
