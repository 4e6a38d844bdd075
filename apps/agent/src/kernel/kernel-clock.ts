// Times of the kernel side are nanoseconds of the monotonic clock; rows have Unix seconds. Asked anew for each reading, so
// that a step of the wall clock moves later rows only.
export interface KernelClock {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Milliseconds since 1970 of a kernel time in nanoseconds. */
  readonly wall: (kernelNs: number) => number
  /** Kernel time now, nanoseconds. */
  readonly kernelNow: () => number
}

export function createKernelClock(now: () => number = () => Date.now()): KernelClock {
  const kernelNow = () => Number(process.hrtime.bigint())
  return { now, kernelNow, wall: (kernelNs) => now() - (kernelNow() - kernelNs) / 1e6 }
}
