// Which names of hosts are this machine, for whoever decides what may be sent to one without TLS.

const loopback = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** Of a host as `URL` gives it (`hostname`), in which numbers are written out and IPv6 stands in brackets. */
export const isLoopbackHost = (hostname: string): boolean => loopback.test(hostname)
