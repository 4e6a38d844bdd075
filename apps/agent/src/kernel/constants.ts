// The bytes that the kernel side starts with: which ports speak DNS, which drops to report, whose processes to see.
import { constants, constantsSize } from './layout.ts'

export interface KernelConstants {
  readonly dnsPorts: readonly number[]
  readonly dropReasons: Iterable<number>
  /** Only processes under this cgroup are seen. Its level is its depth below the root, which has 0. */
  readonly cgroup?: { readonly id: bigint; readonly level: number }
}

export function writeConstants(of: KernelConstants): Buffer {
  const bytes = Buffer.alloc(constantsSize)
  if (of.cgroup) {
    bytes.writeBigUInt64LE(of.cgroup.id, constants.cgroup)
    bytes.writeUInt32LE(of.cgroup.level, constants.cgroupLevel)
  }
  for (const reason of of.dropReasons) bytes[constants.dropReasons + reason] = 1
  for (const port of of.dnsPorts) bytes[constants.dnsPorts + (port >> 3)]! |= 1 << (port & 7)
  return bytes
}
