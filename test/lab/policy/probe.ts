// A pod of the policy lab: it listens on every port the lab uses, and connects wherever it is told to. It runs inside the
// pod's network namespace. Orders come as JSON lines on a unix socket, and results go back on it.
import { createSocket } from 'node:dgram'
import { connect, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import type { Order, Result } from '../../policy/probe.ts'

/** A wait limit; the lab's rules refuse at once, so it is met only when something is broken. */
const patienceMs = 10_000

function tryTcp({ ip, port }: Order): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: ip, port, timeout: patienceMs })
    const end = (how: string) => {
      socket.destroy()
      resolve(how)
    }
    socket.on('connect', () => end('answered'))
    socket.on('timeout', () => end('timeout'))
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'error'))
  })
}

function tryUdp({ ip, port }: Order): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    const timer = setTimeout(() => end('timeout'), patienceMs)
    const end = (how: string) => {
      clearTimeout(timer)
      socket.close()
      resolve(how)
    }
    socket.on('message', () => end('answered'))
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'error'))
    // A connected socket is told of a refusal.
    socket.connect(port, ip, () => socket.send('?'))
  })
}

async function serve(ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    await new Promise<void>((resolve) =>
      createServer((socket) => socket.on('error', () => {}).end()).listen(port, '0.0.0.0', () => resolve()),
    )
    const udp = createSocket('udp4')
    udp.on('message', (_, from) => udp.send('!', from.port, from.address))
    await new Promise<void>((resolve) => udp.bind(port, '0.0.0.0', () => resolve()))
  }
}

/** Takes orders on a unix socket, which network namespaces do not part. */
function takeOrders(path: string): Promise<void> {
  const server = createServer((socket) => {
    createInterface({ input: socket }).on('line', (line) => {
      const order = JSON.parse(line) as Order
      void (order.protocol === 'TCP' ? tryTcp(order) : tryUdp(order)).then((how) => {
        const result: Result = { id: order.id, verdict: how === 'answered' ? 'allow' : 'deny', how }
        socket.write(`${JSON.stringify(result)}\n`)
      })
    })
  })
  return new Promise((resolve) => server.listen(path, () => resolve()))
}

if (import.meta.main) {
  const [path, ...ports] = process.argv.slice(2)
  await serve(ports.map(Number))
  await takeOrders(path!)
  process.stdout.write('ready\n')
}
