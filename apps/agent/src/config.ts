// The agent's options: what it watches, how much it keeps, what it tells about processes.
import { homedir, hostname } from 'node:os'
import { join } from 'node:path'
import { option } from '@margay/kit'
import { z } from 'zod'
import { defaultReasons } from './kernel/drop-reasons.ts'
import { argsModes } from './process/redact.ts'
import { shipConfig } from './ship/index.ts'

const port = z.int().min(1).max(65_535)
const logGroup = z.int().min(0).max(65_535)

export const agentConfig = z.object({
  print: option(z.boolean().default(false), 'Prints rows as NDJSON to standard output and sends nothing.'),
  data: option(
    z.string().default(join(homedir(), '.local', 'share', 'margay', 'agent')),
    "Directory of the agent's data: rows that wait for the server.",
  ),
  node: option(z.string().default(hostname()), 'Name of this node, as Kubernetes knows it.'),
  ship: shipConfig.prefault({}),
  intervalSeconds: option(
    z.int().min(1).max(60).default(10),
    'Length of an interval: rows that last are made at its end.',
  ),
  pollMs: option(z.int().min(10).max(1000).default(100), 'Time between two looks at what the kernel has to say.'),
  aggregation: option(
    z.int().min(0).max(1).default(1),
    "0 keeps the client's port, 1 drops it. Levels 2 and 3 are the server's, which knows names.",
  ),
  args: option(
    z.enum(argsModes).default('redacted'),
    'Arguments of processes: off, names (the program only), redacted (without secrets), full.',
  ),
  dnsPorts: option(
    z.array(port.or(z.string().regex(/^\d+$/).transform(Number).pipe(port))).default([53]),
    'Ports whose packets are read as DNS.',
  ),
  dropReasons: option(
    z.array(z.string()).default([...defaultReasons]),
    "Drops worth a row, by the kernel's names of their reasons.",
  ),
  nflogGroups: option(
    z.array(logGroup.or(z.string().regex(/^\d+$/).transform(Number).pipe(logGroup))).default([1, 2, 100]),
    "Groups of netfilter's log that are read, in the agent's network namespace: Felix logs to 1 and 2, kube-router to 100. None: an empty list.",
  ),
  nflogYieldTo: option(
    z.array(z.string()).default(['calico-node', 'ulogd']),
    "Programs whose groups of netfilter's log they are: a group has one reader only, so the agent keeps out while one of them runs.",
  ),
  nfTrace: option(
    z.boolean().default(false),
    'Traces some new connections through the rules of the node, which names the deciding rule of any firewall on nftables. Makes an nftables table that the kernel removes when the agent ends.',
  ),
  nfTracePerSecond: option(z.int().min(1).max(1000).default(20), 'New connections that are traced, a second at most.'),
  exemplars: option(
    z.int().min(0).max(64).default(4),
    'Connections that went wrong or were slow, kept whole in each row: the oldest and the newest; 0 keeps none.',
  ),
  slowHandshakeMs: option(z.int().min(1).default(500), 'A connection whose handshake took at least so long is slow.'),
  slowRttMs: option(z.int().min(1).default(500), 'A connection whose round trip takes at least so long is slow.'),
  cgroup: option(
    z.string().default(''),
    'Only processes under this directory of the cgroup tree are seen; empty for all of the node.',
  ),
  leaveOut: option(
    z.array(z.string()).default([]),
    'Kernel programs not to load, by name; margay doctor says what each is for.',
  ),
  procPath: option(z.string().default('/proc'), "The host's /proc."),
  maxFlows: option(z.int().min(1000).default(65_536), 'Flows kept at once.'),
  maxConnections: option(z.int().min(1000).default(131_072), 'Live connections kept at once.'),
  maxProcesses: option(z.int().min(100).default(16_384), 'Processes whose names and arguments are kept.'),
  maxArgs: option(z.int().min(1).default(5), 'Variants of arguments in one row.'),
  maxDomains: option(z.int().min(1).default(16), 'Domains in one row, and as many aliases of them.'),
  maxLookups: option(z.int().min(100).default(32_768), 'DNS lookups that wait for their answer at once.'),
})

export type AgentConfig = z.output<typeof agentConfig>
