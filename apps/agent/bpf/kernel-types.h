/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel types that the programs read, and of each type only the members they read. Every member is found by name
 * when the object is loaded (CO-RE), so order and size here mean nothing; only names and, roughly, types do.
 * The user-space contexts at the top are the exception: their layout is fixed by the kernel's interface.
 */
#pragma once

typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;
typedef int pid_t;
typedef _Bool bool;
#define true 1
#define false 0

enum { BPF_MAP_TYPE_ARRAY = 2, BPF_MAP_TYPE_PERCPU_ARRAY = 6, BPF_MAP_TYPE_LRU_HASH = 9, BPF_MAP_TYPE_SK_STORAGE = 24, BPF_MAP_TYPE_RINGBUF = 27 };
enum { BPF_ANY = 0, BPF_NOEXIST = 1 };
enum { BPF_F_NO_PREALLOC = 1, BPF_F_CLONE = 512 };
enum { BPF_SK_STORAGE_GET_F_CREATE = 1 };
enum { BPF_RB_NO_WAKEUP = 1 };

enum { AF_INET = 2, AF_INET6 = 10 };
enum { SOCK_STREAM = 1 };
enum { IPPROTO_HOPOPTS = 0, IPPROTO_ICMP = 1, IPPROTO_TCP = 6, IPPROTO_UDP = 17, IPPROTO_ROUTING = 43, IPPROTO_DSTOPTS = 60, IPPROTO_MPTCP = 262 };
enum { ETH_P_IP = 0x0800, ETH_P_IPV6 = 0x86dd };
enum { TCP_ESTABLISHED = 1, TCP_SYN_SENT = 2, TCP_SYN_RECV = 3, TCP_CLOSE = 7, TCP_LISTEN = 10 };
enum { TCP_FLAG_SYN = 2, TCP_FLAG_ACK = 16 };
/* Bit of sock_common.skc_flags that a received FIN sets. */
enum { SOCK_DONE_BIT = 1 };
/* Route types: what a packet's route says about who gets it. */
enum { RTN_LOCAL = 2 };
#define RTF_LOCAL 0x80000000u

struct bpf_sock {
	__u32 bound_dev_if, family, type, protocol, mark, priority, src_ip4, src_ip6[4], src_port;
	__be16 dst_port;
	__u32 : 0;
	__u32 dst_ip4, dst_ip6[4], state;
	__s32 rx_queue_mapping;
};

struct __sk_buff {
	__u32 len, pkt_type, mark, queue_mapping, protocol, vlan_present, vlan_tci, vlan_proto, priority, ingress_ifindex,
		ifindex, tc_index, cb[5], hash, tc_classid, data, data_end, napi_id, family, remote_ip4, local_ip4, remote_ip6[4],
		local_ip6[4], remote_port, local_port, data_meta;
	__u64 flow_keys, tstamp;
	__u32 wire_len, gso_segs;
	struct bpf_sock *sk __attribute__((aligned(8)));
	__u32 gso_size;
	__u8 tstamp_type;
	__u32 : 24;
	__u64 hwtstamp;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct { __s64 counter; } atomic64_t;
typedef struct { unsigned int val; } kuid_t;
struct ns_common { unsigned int inum; };
struct net { struct ns_common ns; };
typedef struct { struct net *net; } possible_net_t;
struct in6_addr { union { __u8 u6_addr8[16]; __be32 u6_addr32[4]; } in6_u; };

struct sock_common {
	__be32 skc_daddr, skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
	unsigned long skc_flags;
};
struct cgroup;
struct sock_cgroup_data { struct cgroup *cgroup; };
struct sock {
	struct sock_common __sk_common;
	int sk_err;
	__u16 sk_type, sk_protocol;
	__u32 sk_ack_backlog, sk_max_ack_backlog;
	struct sock_cgroup_data sk_cgrp_data;
};
struct request_sock { struct sock_common __req_common; };
struct inet_sock { struct sock sk; __be16 inet_sport; };
struct inet_connection_sock { struct inet_sock icsk_inet; };
struct minmax_sample { __u32 t, v; };
struct minmax { struct minmax_sample s[3]; };
struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u64 bytes_sent, bytes_received, bytes_acked, bytes_retrans;
	__u32 segs_out, segs_in, data_segs_out, data_segs_in, srtt_us, total_retrans, lost, packets_out, mss_cache, snd_cwnd;
	struct minmax rtt_min;
	__u16 tcp_header_len, total_rto, total_rto_recoveries;
};

struct file;
struct seq_file;
struct bpf_map;
struct socket { struct sock *sk; };
struct net_device { int ifindex; possible_net_t nd_net; };
struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	unsigned long _skb_refdst;
	__be16 protocol;
	__u16 network_header;
	unsigned char *head;
};
struct rtable { __u16 rt_type; };
struct rt6_info { __u32 rt6i_flags; };

struct cred { kuid_t uid; };
struct kernfs_node { __u64 id; };
struct cgroup { int level; struct kernfs_node *kn; struct cgroup *ancestors[16]; };
struct css_set { struct cgroup *dfl_cgrp; };
struct mm_struct { unsigned long arg_start, arg_end; };
struct nsproxy { struct net *net_ns; };
struct linux_binprm { const char *filename; };
struct task_struct {
	pid_t pid, tgid;
	struct task_struct *real_parent, *group_leader;
	char comm[16];
	__u64 start_boottime;
	const struct cred *cred;
	struct css_set *cgroups;
	struct nsproxy *nsproxy;
	struct mm_struct *mm;
};

struct bpf_iter_meta { struct seq_file *seq; __u64 session_id, seq_num; };
struct bpf_iter__bpf_sk_storage_map { struct bpf_iter_meta *meta; struct bpf_map *map; struct sock *sk; void *value; };
struct bpf_iter__task_file { struct bpf_iter_meta *meta; struct task_struct *task; __u32 fd; struct file *file; };

#pragma clang attribute pop
