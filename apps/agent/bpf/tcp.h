/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* TCP without work per packet: the kernel's own counters, read at a socket's end and by an iterator over live ones. */
#pragma once

static __always_inline void write_tcp(struct tcp_record *to, struct tcp_sock *tcp, struct sock *sk, struct owner *owner)
{
	to->party = owner->party;
	to->tuple.family = sk->__sk_common.skc_family;
	to->tuple.proto = IPPROTO_TCP;
	if (to->tuple.family == AF_INET) {
		write_mapped(to->tuple.local, sk->__sk_common.skc_rcv_saddr);
		write_mapped(to->tuple.remote, sk->__sk_common.skc_daddr);
	} else {
		write_v6(to->tuple.local, &sk->__sk_common.skc_v6_rcv_saddr);
		write_v6(to->tuple.remote, &sk->__sk_common.skc_v6_daddr);
	}
	/* skc_num is already cleared when the state becomes CLOSE. */
	to->tuple.local_port = bpf_ntohs(tcp->inet_conn.icsk_inet.inet_sport);
	to->tuple.remote_port = bpf_ntohs(sk->__sk_common.skc_dport);
	to->time = bpf_ktime_get_ns();
	to->born = owner->born;
	to->established = owner->established;
	to->bytes_sent = tcp->bytes_sent;
	to->bytes_received = tcp->bytes_received;
	to->bytes_acked = tcp->bytes_acked;
	to->bytes_retrans = tcp->bytes_retrans;
	to->segs_out = tcp->segs_out;
	to->segs_in = tcp->segs_in;
	to->data_segs_out = tcp->data_segs_out;
	to->data_segs_in = tcp->data_segs_in;
	to->retrans = tcp->total_retrans;
	to->lost = tcp->lost;
	to->unacked = tcp->packets_out;
	to->mss = tcp->mss_cache;
	to->cwnd = tcp->snd_cwnd;
	to->srtt = tcp->srtt_us >> 3;
	to->rtt_min = tcp->rtt_min.s[0].v;
	to->header_length = tcp->tcp_header_len;
	to->error = sk->sk_err;
	/* Both are in the kernel since 6.7. */
	if (bpf_core_field_exists(tcp->total_rto)) {
		to->timeouts = tcp->total_rto;
		to->timeout_recoveries = tcp->total_rto_recoveries;
	}
	to->syn_retrans = owner->syn_retrans;
	to->fin = (sk->__sk_common.skc_flags >> SOCK_DONE_BIT) & 1;
}

static __always_inline void report_close(struct sock *sk, struct owner *owner, int state)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	if (!tcp)
		return;
	struct tcp_record *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		count_loss(LOSS_TCP);
		return;
	}
	__builtin_memset(record, 0, sizeof(*record));
	record->header.type = RECORD_TCP_CLOSE;
	record->header.size = sizeof(*record);
	write_tcp(record, tcp, sk, owner);
	record->state = state;
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
}

/* A listener that hides its TCP socket: where it listens and whose it is. */
static __always_inline void write_listener(struct tcp_record *to, struct sock *sk, struct owner *owner)
{
	to->party = owner->party;
	to->tuple.family = sk->__sk_common.skc_family;
	to->tuple.proto = IPPROTO_TCP;
	to->tuple.local_port = sk->__sk_common.skc_num;
	to->state = TCP_LISTEN;
}

static __always_inline void report_hidden_end(struct sock *sk)
{
	struct owner *owner = bpf_sk_storage_get(&owners, sk, 0, 0);
	if (!owner)
		return;
	struct tcp_record *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		count_loss(LOSS_TCP);
		return;
	}
	__builtin_memset(record, 0, sizeof(*record));
	record->header.type = RECORD_TCP_CLOSE;
	record->header.size = sizeof(*record);
	write_listener(record, sk, owner);
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
}

static __always_inline void begin(struct sock *sk, __u8 role)
{
	if (!is_ours())
		return;
	struct owner *owner = create_owner(sk);
	if (!owner)
		return;
	write_current(&owner->party);
	owner->party.role = role;
	owner->party.seeded = 0;
	owner->party.sure = role == ROLE_CLIENT;
	owner->born = bpf_ktime_get_ns();
	owner->established = 0;
	owner->shown = 0;
	owner->syn_retrans = 0;
}

/* An accepted socket carries its listener's storage: give it an identity of its own. */
static __always_inline void establish(struct sock *sk, int old_state)
{
	struct owner *owner = bpf_sk_storage_get(&owners, sk, 0, 0);
	if (!owner && old_state == TCP_SYN_RECV)
		owner = adopt(sk);
	if (!owner)
		return;
	owner->established = bpf_ktime_get_ns();
	if (old_state != TCP_SYN_RECV) {
		/* Until now nothing but the question can have been repeated. */
		struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
		if (tcp)
			owner->syn_retrans = tcp->total_retrans > 255 ? 255 : tcp->total_retrans;
		return;
	}
	owner->syn_retrans = 0;
	owner->party.cookie = bpf_get_socket_cookie(sk);
	owner->party.role = ROLE_SERVER;
	owner->party.seeded = 0;
	owner->party.sure = 0;
	owner->born = owner->established;
	owner->shown = 0;
}

/* SYN_SENT and LISTEN run in the calling process, ESTABLISHED and CLOSE anywhere. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(see_state, struct sock *sk, int old_state, int new_state)
{
	if (!is_inet(sk))
		return 0;
	if (sk->sk_protocol == IPPROTO_MPTCP && old_state == TCP_LISTEN && new_state == TCP_CLOSE)
		report_hidden_end(sk);
	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	if (new_state == TCP_SYN_SENT) {
		begin(sk, ROLE_CLIENT);
	} else if (new_state == TCP_LISTEN) {
		begin(sk, ROLE_SERVER);
	} else if (new_state == TCP_ESTABLISHED) {
		establish(sk, old_state);
	} else if (new_state == TCP_CLOSE && old_state != TCP_CLOSE && old_state != TCP_SYN_RECV) {
		struct owner *owner = bpf_sk_storage_get(&owners, sk, 0, 0);
		if (owner)
			report_close(sk, owner, old_state);
	}
	return 0;
}

static __always_inline int show_hidden_listener(struct bpf_iter__bpf_sk_storage_map *ctx, struct sock *sk, struct owner *owner)
{
	if (owner->shown || sk->__sk_common.skc_state != TCP_LISTEN)
		return 0;
	owner->shown = 1;
	struct tcp_record record = {};
	record.header.type = RECORD_TCP_LIVE;
	record.header.size = sizeof(record);
	write_listener(&record, sk, owner);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

/* Sockets of every network namespace that changed since they were last shown; listeners are shown once. */
SEC("iter/bpf_sk_storage_map")
int show_sockets(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct sock *sk = ctx->sk;
	struct owner *owner = ctx->value;
	if (!sk || !owner)
		return 0;
	if (sk->sk_protocol == IPPROTO_MPTCP)
		return show_hidden_listener(ctx, sk, owner);
	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	__u8 state = sk->__sk_common.skc_state;
	if (state == TCP_CLOSE || state == TCP_SYN_RECV)
		return 0;
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	if (!tcp)
		return 0;
	__u64 shown = ((__u64)tcp->segs_in << 32 | tcp->segs_out) + ((__u64)state << 28) + 1;
	__u32 key = 0;
	__u64 *all = bpf_map_lookup_elem(&show_all, &key);
	if (shown == owner->shown && !(all && *all))
		return 0;
	owner->shown = shown;
	struct tcp_record record = {};
	record.header.type = RECORD_TCP_LIVE;
	record.header.size = sizeof(record);
	write_tcp(&record, tcp, sk, owner);
	record.state = state;
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}
