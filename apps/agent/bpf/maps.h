/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The maps that all programs share, the constants of this load, and counting of what is lost. */
#pragma once

const volatile struct config config = {};

/* Per socket: who holds it, and what the storage iterator has shown of it. Accepted sockets start with their listener's. */
struct owner {
	struct party party;
	__u64 born;
	__u64 established;
	__u64 shown;
	__u8 syn_retrans;
	__u8 owner_pad[7];
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct owner);
} owners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, struct datagram_key);
	__type(value, struct datagram_value);
} datagrams SEC(".maps");

/* 8 MB hold about 37,000 closed connections between two polls. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 23);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LOSS_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} losses SEC(".maps");

/* Entry 0: whether the storage iterator shows sockets that did not change too. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} show_all SEC(".maps");

static __always_inline void count_loss(__u32 place)
{
	__u64 *count = bpf_map_lookup_elem(&losses, &place);
	if (count)
		*count += 1;
}

static __always_inline void write_mapped(__u8 *address, __be32 v4)
{
	__u32 *words = (__u32 *)address;
	words[0] = 0;
	words[1] = 0;
	words[2] = bpf_htonl(0xffff);
	words[3] = v4;
}

static __always_inline void write_v6(__u8 *address, const struct in6_addr *from)
{
	__u32 *words = (__u32 *)address;
	words[0] = from->in6_u.u6_addr32[0];
	words[1] = from->in6_u.u6_addr32[1];
	words[2] = from->in6_u.u6_addr32[2];
	words[3] = from->in6_u.u6_addr32[3];
}
