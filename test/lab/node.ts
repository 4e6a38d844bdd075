// Two pods whose packets the lab's node forwards, so that its rules see what policies would decide.
import { execFileSync } from 'node:child_process'
import type { Lab, Pod } from './lab.ts'

export interface ForwardingNode {
  readonly client: Pod
  readonly server: Pod
  /** Loads nftables text in the node's namespace. */
  load(rules: string | Buffer): void
}

const nodeAddress = '10.77.0.254'

export function createForwardingNode(lab: Lab): ForwardingNode {
  const pods = [lab.pod('a', 1), lab.pod('b', 2)] as const
  for (const { netns } of pods) {
    lab.inNetns(netns, 'ip', 'route', 'add', nodeAddress, 'dev', 'eth0')
    lab.inNetns(netns, 'ip', 'route', 'del', '10.77.0.0/24', 'dev', 'eth0')
  }
  const bridge = `${lab.prefix}br`
  for (const setting of ['ip_forward=1', 'conf.all.send_redirects=0', `conf.${bridge}.send_redirects=0`])
    lab.inNetns(lab.hub, 'sysctl', '-qw', `net.ipv4.${setting}`)
  const [client, server] = pods
  return {
    client,
    server,
    load: (rules) =>
      void execFileSync('nsenter', [`--net=/var/run/netns/${lab.hub}`, 'nft', '-f', '-'], { input: rules }),
  }
}

/** Connects and sends once; prints how it went. */
export const oneConnection = `
import socket,sys
s=socket.socket(); s.settimeout(float(sys.argv[3]) if len(sys.argv)>3 else 5)
try:
  s.connect((sys.argv[1],int(sys.argv[2]))); s.sendall(b"x"); print(s.recv(10).decode())
except Exception as e: print(type(e).__name__)
`
