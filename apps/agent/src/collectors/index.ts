// The collectors, in the order in which each poll asks them: translations, what rules say and
// processes before the flows that need them.
import type { Collector } from './collector.ts'
import { conntrack } from './conntrack/conntrack.ts'
import { datagrams } from './datagrams/datagrams.ts'
import { dns } from './dns/dns.ts'
import { drops } from './drops/drops.ts'
import { handshakes } from './handshakes/handshakes.ts'
import { nfTrace } from './nf-trace/nf-trace.ts'
import { nflog } from './nflog/nflog.ts'
import { processes } from './processes/processes.ts'
import { sockets } from './sockets/sockets.ts'
import { tcp } from './tcp/tcp.ts'

export const collectors: readonly Collector[] = [
  conntrack,
  nflog,
  nfTrace,
  processes,
  dns,
  drops,
  handshakes,
  tcp,
  datagrams,
  sockets,
]
