// The addon's type, and finding it. Its functions only move bytes; each throws a NativeError on failure.
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** An error of the system as the addon throws it: `log` holds the loader's words. */
export interface NativeError extends Error {
  readonly errno: number
  readonly log: string
}

export interface Native {
  /** Loads the named programs of the object, all or none, with the bytes that its constants start with. */
  load(object: Buffer, constants: Buffer, programs: readonly string[]): number
  close(handle: number): void
  attach(handle: number, program: string, cgroupPath: string): void
  detach(handle: number, program: string): void
  /** Copies ring records, each padded to eight bytes; returns the bytes. */
  ring(handle: number, map: string, into: Buffer): number
  /** Takes entries out of a hash map; returns how many. */
  drain(handle: number, map: string, keys: Buffer, values: Buffer): number
  /** Bytes of the value; one value per CPU where the map is per CPU. */
  read(handle: number, map: string, key: Buffer, value: Buffer): number
  write(handle: number, map: string, key: Buffer, value: Buffer): void
  /** A descriptor for `readSome`; the map is '' for iterators without one. */
  iterate(handle: number, program: string, map: string): number
  /** Bytes read, 0 at the end. */
  readSome(descriptor: number, into: Buffer): number
  /** A raw socket, in the network namespace at a path or with '' in ours. */
  socket(domain: number, type: number, protocol: number, groups: number, netnsPath: string): number
  send(descriptor: number, bytes: Buffer): void
  /** As many messages as wait and fit, each padded to four bytes; returns the bytes. */
  receive(descriptor: number, into: Buffer): number
  closeDescriptor(descriptor: number): void
  /** Path of a cgroup below its mount point, by its id. */
  cgroupPath(mountPoint: string, id: number): string
}

/** Beside the bundle where the agent is shipped as one file, else in the room's `build/`. */
const buildDirs = [import.meta.dirname, join(import.meta.dirname, '../../build')]
const findBuilt = (name: string) => buildDirs.map((dir) => join(dir, name)).find((path) => existsSync(path))

/** The addon, or undefined with the reason: it was not built, or libbpf is missing. */
export function openNative(): { readonly native: Native } | { readonly problem: string } {
  const path = findBuilt('agent.node')
  if (path === undefined) return { problem: 'the addon is not built; run apps/agent/build.ts' }
  try {
    return { native: createRequire(import.meta.url)(path) as Native }
  } catch (error) {
    return { problem: `the addon does not load: ${(error as Error).message}; apt-get install libbpf1` }
  }
}

/** The bytes of the eBPF object, or undefined where it was not built. */
export function readObject(): Buffer | undefined {
  const path = findBuilt('margay.bpf.o')
  return path === undefined ? undefined : readFileSync(path)
}

/** Everything that an iterator has to say, read into `buffer` again and again and handed over in whole records. */
export function readIterator(
  native: Native,
  descriptor: number,
  buffer: Buffer,
  recordSize: number,
  take: (bytes: Buffer, length: number) => void,
): void {
  try {
    let kept = 0
    for (;;) {
      const got = native.readSome(descriptor, buffer.subarray(kept))
      const length = kept + got
      const whole = length - (length % recordSize)
      if (whole > 0) take(buffer, whole)
      if (got === 0) return
      buffer.copy(buffer, 0, whole, length)
      kept = length - whole
    }
  } finally {
    native.closeDescriptor(descriptor)
  }
}
