// Who lives in the story's cluster, as a table. Names, ports and programs are read by people in every page of the demo, so
// they are chosen, not drawn.

export interface Program {
  readonly name: string
  readonly args: string
  readonly pid: string
}

export interface WorkloadPort {
  readonly name: string
  readonly port: number
  readonly proto: 'tcp' | 'udp'
}

export interface Workload {
  readonly namespace: string
  readonly name: string
  readonly kind: 'Deployment' | 'StatefulSet' | 'CronJob'
  readonly replicas: number
  /** The hash of the ReplicaSet or the number of the Job in its pods' names. */
  readonly revision: string
  readonly role: string
  readonly program: Program
  readonly ports: readonly WorkloadPort[]
  /** Whether a Service of the workload's own name stands before it. */
  readonly service: boolean
}

export const clusterName = 'shop-prod'

/** Nodes are node-1 … node-8. */
export const nodeCount = 8

const tcp = (name: string, port: number): WorkloadPort => ({ name, port, proto: 'tcp' })
const udp = (name: string, port: number): WorkloadPort => ({ name, port, proto: 'udp' })
const program = (name: string, args: string, pid = '1'): Program => ({ name, args, pid })

type Rest = Omit<Workload, 'namespace' | 'name' | 'kind' | 'service'> & Partial<Pick<Workload, 'kind' | 'service'>>

function workload(path: string, rest: Rest): Workload {
  const [namespace = '', name = ''] = path.split('/')
  return { namespace, name, kind: 'Deployment', service: rest.ports.length > 0, ...rest }
}

export const workloads: readonly Workload[] = [
  workload('ingress/nginx', {
    replicas: 2,
    revision: '5f6c9d7b88',
    role: 'edge',
    program: program('nginx', '/usr/sbin/nginx -g daemon off;', '7'),
    ports: [tcp('https', 443), tcp('metrics', 9113)],
  }),
  workload('shop/frontend', {
    replicas: 3,
    revision: 'b7d65c9f4d',
    role: 'web',
    program: program('node', 'node /app/server.js --port 3000'),
    ports: [tcp('http', 3000)],
  }),
  workload('shop/catalog', {
    replicas: 4,
    revision: '9f4c7bd685',
    role: 'api',
    program: program('catalog', '/app/catalog --listen :8080'),
    ports: [tcp('http', 8080), tcp('metrics', 9102)],
  }),
  workload('shop/checkout', {
    replicas: 3,
    revision: '7d9f8b6c54',
    role: 'api',
    program: program('checkout', '/app/checkout --pay payments.payments:8443'),
    ports: [tcp('http', 8080), tcp('metrics', 9102)],
  }),
  workload('shop/cart', {
    replicas: 2,
    revision: '5c44d8f7b9',
    role: 'api',
    program: program('cart', '/app/cart --redis redis.data:6379'),
    ports: [tcp('http', 8080), tcp('metrics', 9102)],
  }),
  workload('shop/search', {
    replicas: 2,
    revision: '66b8f5d49c',
    role: 'api',
    program: program('search', '/app/search --index /var/lib/search'),
    ports: [tcp('http', 9200)],
  }),
  workload('shop/orders', {
    replicas: 3,
    revision: '6b5c97d8f6',
    role: 'api',
    program: program('orders', '/app/orders --db postgres.data:5432/orders'),
    ports: [tcp('http', 8080), tcp('metrics', 9102)],
  }),
  workload('shop/email', {
    replicas: 1,
    revision: '3c71f9d5b7',
    role: 'worker',
    program: program('node', 'node /app/mailer.js --queue redis.data:6379'),
    ports: [],
  }),
  workload('payments/payments', {
    replicas: 2,
    revision: '84c6b7f9d5',
    role: 'backend',
    program: program('payments', '/app/payments --tls-cert /certs/tls.crt'),
    ports: [tcp('https', 8443), tcp('metrics', 9102)],
  }),
  workload('payments/ledger', {
    replicas: 2,
    revision: '57dcf8b964',
    role: 'backend',
    program: program('ledger', '/app/ledger --db postgres.data:5432/ledger'),
    ports: [tcp('grpc', 9090), tcp('metrics', 9102)],
  }),
  workload('data/redis', {
    kind: 'StatefulSet',
    replicas: 1,
    revision: '',
    role: 'cache',
    program: program('redis-server', 'redis-server *:6379'),
    ports: [tcp('redis', 6379)],
  }),
  workload('data/postgres', {
    kind: 'StatefulSet',
    replicas: 2,
    revision: '',
    role: 'database',
    program: program('postgres', 'postgres -c config_file=/etc/postgresql.conf'),
    ports: [tcp('postgres', 5432)],
  }),
  workload('data/rate-sync', {
    kind: 'CronJob',
    replicas: 1,
    revision: '29384160',
    role: 'job',
    program: program('python3', 'python3 /job/sync_rates.py --source ecb'),
    ports: [],
  }),
  workload('monitoring/prometheus', {
    kind: 'StatefulSet',
    replicas: 1,
    revision: '',
    role: 'metrics',
    program: program('prometheus', '/bin/prometheus --config.file=/etc/prometheus/prometheus.yml'),
    ports: [tcp('http', 9090)],
  }),
  workload('monitoring/grafana', {
    replicas: 1,
    revision: '7c8ed69fb5',
    role: 'dashboards',
    program: program('grafana', 'grafana server --homepath=/usr/share/grafana'),
    ports: [tcp('http', 3000)],
  }),
  workload('monitoring/probe', {
    replicas: 1,
    revision: '5d02c8b7f4',
    role: 'prober',
    program: program('blackbox', '/bin/blackbox_exporter --config.file=/etc/blackbox.yml'),
    ports: [],
  }),
  workload('kube-system/coredns', {
    replicas: 2,
    revision: '76f75df574',
    role: 'dns',
    program: program('coredns', '/coredns -conf /etc/coredns/Corefile'),
    ports: [udp('dns', 53), tcp('dns-tcp', 53)],
  }),
]

/** The workload of a path `namespace/name`. */
export function workloadOf(path: string): Workload {
  const found = workloads.find(({ namespace, name }) => `${namespace}/${name}` === path)
  if (!found) throw new Error(`BUG: no workload ${path} in the story`)
  return found
}

/** The name of a workload's Service; CoreDNS's has been kube-dns since before CoreDNS. */
export function serviceNameOf({ name }: Workload): string {
  return name === 'coredns' ? 'kube-dns' : name
}
