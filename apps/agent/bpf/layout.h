/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel side hands to the agent, byte for byte: little endian, no holes that are not named, sizes that are
 * multiples of eight. `src/kernel/layout.ts` has the same offsets by name; a test reads this file and compares.
 */
#pragma once

enum record_type { RECORD_TCP_CLOSE = 1, RECORD_DROP = 2, RECORD_DNS = 3, RECORD_EXEC = 4, RECORD_TCP_LIVE = 5, RECORD_HANDSHAKE = 6 };
enum role { ROLE_UNKNOWN = 0, ROLE_CLIENT = 1, ROLE_SERVER = 2 };
enum side { SIDE_FORWARD = 0, SIDE_SENDER = 1, SIDE_RECEIVER = 2 };
/* Why a question for a connection came to nothing at its listener. */
enum trouble { TROUBLE_QUEUE_FULL = 1, TROUBLE_ANSWERED_AGAIN = 2 };
/* Places where something can be lost; the index into the map `losses`. */
enum loss { LOSS_TCP = 0, LOSS_DNS = 1, LOSS_DROP = 2, LOSS_EXEC = 3, LOSS_DATAGRAM = 4, LOSS_STORAGE = 5, LOSS_HANDSHAKE = 6, LOSS_COUNT = 8 };

struct header {
	__u32 type;
	__u32 size;
};

/* IPv4 addresses are in their mapped form. Ports are in host order; protocols without ports have 0. */
struct tuple {
	__u8 local[16];
	__u8 remote[16];
	__u16 local_port;
	__u16 remote_port;
	__u8 proto;
	__u8 family;
	__u8 tuple_pad[2];
};

/* Who holds the socket. `sure` is set once the process was seen using it, `seeded` where the socket is older than we. */
struct party {
	__u64 cookie;
	__u64 started;
	__u64 cgroup;
	__u32 netns;
	__u32 pid;
	__u32 uid;
	__u8 role;
	__u8 sure;
	__u8 seeded;
	__u8 party_pad;
	char comm[16];
};

struct tcp_record {
	struct header header;
	struct tuple tuple;
	struct party party;
	__u64 time;
	__u64 born;
	__u64 established;
	__u64 bytes_sent;
	__u64 bytes_received;
	__u64 bytes_acked;
	__u64 bytes_retrans;
	__u32 segs_out;
	__u32 segs_in;
	__u32 data_segs_out;
	__u32 data_segs_in;
	__u32 retrans;
	__u32 lost;
	__u32 unacked;
	__u32 mss;
	__u32 cwnd;
	__u32 srtt;
	__u32 rtt_min;
	__u16 header_length;
	__u16 error;
	__u16 timeouts;
	__u16 timeout_recoveries;
	__u8 state;
	__u8 fin;
	/* How often the question for the connection was repeated before it was answered. */
	__u8 syn_retrans;
	__u8 tcp_pad;
};

struct datagram_key {
	struct tuple tuple;
	__u64 cookie;
};

struct datagram_value {
	struct party party;
	__u64 first;
	__u64 last;
	__u64 packets_in;
	__u64 packets_out;
	__u64 bytes_in;
	__u64 bytes_out;
	__u8 first_out;
	__u8 datagram_pad[7];
};

/* `length` is the payload's whole length, `captured` how much of it follows, `sequence` TCP's number of its first byte. */
struct dns_record {
	struct header header;
	struct tuple tuple;
	struct party party;
	__u64 time;
	__u32 captured;
	__u32 length;
	__u32 sequence;
	__u8 out;
	__u8 tcp_flags;
	__u8 dns_pad[2];
};

/* `local` is the packet's source, `remote` its destination, whoever dropped it. */
struct drop_record {
	struct header header;
	struct tuple tuple;
	__u64 time;
	__u64 cookie;
	__u32 netns;
	__u32 reason;
	__u32 length;
	__u32 ifindex;
	__u8 tcp_flags;
	__u8 side;
	__u8 drop_pad[6];
};

/* `local` is the listener, whose owner is `party`; no socket was made for the connection yet. */
struct handshake_record {
	struct header header;
	struct tuple tuple;
	struct party party;
	__u64 time;
	__u32 length;
	__u8 trouble;
	__u8 handshake_pad[3];
};

struct exec_record {
	struct header header;
	__u64 time;
	__u64 started;
	__u64 cgroup;
	__u32 pid;
	__u32 parent;
	__u32 uid;
	__u32 args_size;
	char comm[16];
	char file[256];
	char args[1024];
};

/* Constants of one load. Ports are a bitmap; reasons a table by number, since numbers differ by kernel and names do not. */
struct config {
	__u64 cgroup;
	__u32 cgroup_level;
	__u32 config_pad;
	__u8 drop_reasons[256];
	__u8 dns_ports[8192];
};
