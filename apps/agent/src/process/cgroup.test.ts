import { describe, expect, it } from 'vitest'
import { findCgroupRoot } from './cgroup-table.ts'
import { readCgroupPath, unifiedPath } from './cgroup.ts'

const uid = '11111111-aaaa-bbbb-cccc-000000000001'
const under = uid.replaceAll('-', '_')
const id = 'a1'.repeat(32)
const short = id.slice(0, 12)
const inner = 'b2'.repeat(32)

describe('cgroup paths', () => {
  it.each([
    [
      `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${under}.slice/cri-containerd-${id}.scope`,
      uid,
      short,
    ],
    [`/kubepods.slice/kubepods-pod${under}.slice/crio-${id}.scope`, uid, short],
    [`/kubepods.slice/kubepods-pod${under}.slice/docker-${id}.scope/inner`, uid, short],
    [`/kubepods/besteffort/pod${uid}/${id}`, uid, short],
    [`/kubepods/pod${uid}/${id}/kubepods.slice/x/${inner}`, uid, 'b2'.repeat(6)],
    [`/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${under}.slice/cri-containerd-${id}.scope`, uid, short],
    [`/kubepods/pod${'0123456789abcdef'.repeat(2)}/${id}`, '0123456789abcdef'.repeat(2), short],
    [`/kubepods.slice/kubepods-pod${under}.slice`, uid, undefined],
    [`/system.slice/docker-${id}.scope`, undefined, short],
    ['/system.slice/sshd.service', undefined, undefined],
    ['/user.slice/podman-thing', undefined, undefined],
    ['/', undefined, undefined],
  ])('reads %s', (path, podUid, container) => {
    expect(readCgroupPath(path)).toEqual({ ...(podUid && { podUid }), ...(container && { container }) })
  })

  it('finds the unified path and where it is mounted, also beside version 1', () => {
    expect(unifiedPath('3:cpu:/a\n0::/b/c\n')).toBe('/b/c')
    expect(unifiedPath('3:cpu:/a\n')).toBeUndefined()
    const mounts =
      'tmpfs /sys/fs/cgroup tmpfs rw 0 0\ncgroup /sys/fs/cgroup/cpu cgroup rw 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n'
    expect(findCgroupRoot(mounts)).toBe('/sys/fs/cgroup/unified')
    expect(findCgroupRoot('cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n')).toBe('/sys/fs/cgroup')
  })
})
