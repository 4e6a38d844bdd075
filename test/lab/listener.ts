// The ordinary listener of the lab's tests, as Python source for `pod.serve`; and the rule that makes a first try fail.

export interface ListenerOptions {
  /** `::` listens for IPv4 as well. */
  readonly address?: string
  readonly backlog?: number
  /** MPTCP is 262. */
  readonly protocol?: number
}

/**
 * Listens and does `each` with every connection `c`, one after the other; without it nobody is ever accepted. Modules
 * `socket`, `struct` and `time` are there.
 */
export function listener(port: number, each?: string, options: ListenerOptions = {}): string {
  const { address = '0.0.0.0', backlog = 128, protocol = 0 } = options
  const family = address.includes(':') ? 'AF_INET6' : 'AF_INET'
  return `
import socket,struct,time
s=socket.socket(socket.${family},socket.SOCK_STREAM,${protocol}); s.setsockopt(1,2,1)
${family === 'AF_INET6' ? `s.setsockopt(41,26,${address === '::' ? 0 : 1})` : ''}
s.bind(("${address}",${port})); s.listen(${backlog}); print("ready")
while 1:
  ${each === undefined ? 'time.sleep(600)' : `c,_=s.accept()\n  ${each}`}
`
}

/** What a connection gets that sends once and waits: its own words. */
export const echoing = 'd=c.recv(65536); c.sendall(d); c.close()'

/** Takes 5 bytes, answers with 1,200, and resets the connection at the sixth byte. */
export const resetting =
  'c.recv(5); c.sendall(b"x"*1200); c.recv(1); c.setsockopt(1,13,struct.pack("ii",1,0)); c.close()'

/** What the client of `resetting` does with its socket `s`. */
export const untilReset = 's.sendall(b"hello"); s.recv(1200,256); s.sendall(b"!"); print(s.recv(9))'

/** An iptables match of the first SYN to a port, and of none after it. */
export const firstSyn = (port: number): readonly string[] => [
  ...['-p', 'tcp', '--syn', '--dport', String(port)],
  ...['-m', 'statistic', '--mode', 'nth', '--every', '1000000', '--packet', '0'],
]
