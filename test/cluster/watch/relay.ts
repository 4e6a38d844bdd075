// A network between us and the API server that can fail: a relay of bytes on loopback. What fails is the network alone; the
// API server behind it is the real one and goes on.
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

export interface Relay {
  readonly port: number
  /** Nothing passes any more, in either direction; connections stay open, new ones are taken and hear nothing. */
  lose(): void
  /** As `lose`, but what is open is ended, and both ends notice. */
  cut(): void
  /** What is open now hears nothing any more; new connections pass. */
  freeze(): void
  /** New connections pass again. What was open when the network was lost stays dead, as behind a firewall that forgot it. */
  heal(): void
  close(): Promise<void>
}

export async function startRelay(target: number): Promise<Relay> {
  const open = new Set<Socket>()
  const stuck = new Set<Socket>()
  let isLost = false

  const pass = (from: Socket, to: Socket) => {
    open.add(from)
    from.on('data', (bytes: Buffer) => {
      if (!stuck.has(from) && !stuck.has(to)) to.write(bytes)
    })
    from.on('error', () => to.destroy())
    from.on('close', () => {
      open.delete(from)
      to.destroy()
    })
  }
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    pass(client, upstream)
    pass(upstream, client)
    if (isLost) stuck.add(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const freeze = () => open.forEach((socket) => stuck.add(socket))
  return {
    port: (server.address() as AddressInfo).port,
    freeze,
    lose() {
      isLost = true
      freeze()
    },
    cut() {
      isLost = true
      open.forEach((socket) => socket.destroy())
    },
    heal: () => void (isLost = false),
    async close() {
      open.forEach((socket) => socket.destroy())
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
