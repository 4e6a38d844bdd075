/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Handshakes that came to nothing at the listener, where no socket tells of them: the queue of connections that wait to be
 * accepted was full, or the listener's answer was not answered. Both are known nowhere else at this end.
 */
#pragma once

static __always_inline void report_handshake(struct handshake_record *record, struct owner *listener, __u8 trouble)
{
	record->header.type = RECORD_HANDSHAKE;
	record->header.size = sizeof(*record);
	record->tuple.proto = IPPROTO_TCP;
	record->party = listener->party;
	record->time = bpf_ktime_get_ns();
	record->trouble = trouble;
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
}

/* Reads the addresses and ports of a packet that came in; false where it does not ask for a connection. */
static __always_inline bool read_question(struct __sk_buff *skb, struct tuple *tuple)
{
	__u8 version = 0;
	__u32 transport;
	if (bpf_skb_load_bytes(skb, 0, &version, 1))
		return false;
	if (version >> 4 == 4) {
		__u8 head[20];
		if (bpf_skb_load_bytes(skb, 0, head, sizeof(head)))
			return false;
		tuple->family = AF_INET;
		write_mapped(tuple->remote, *(__be32 *)(head + 12));
		write_mapped(tuple->local, *(__be32 *)(head + 16));
		transport = (head[0] & 15) * 4;
	} else {
		tuple->family = AF_INET6;
		if (bpf_skb_load_bytes(skb, 8, tuple->remote, 16) || bpf_skb_load_bytes(skb, 24, tuple->local, 16))
			return false;
		transport = 40;
	}
	__u8 head[14];
	if (bpf_skb_load_bytes(skb, transport, head, sizeof(head)))
		return false;
	tuple->remote_port = head[0] << 8 | head[1];
	tuple->local_port = head[2] << 8 | head[3];
	return (head[13] & (TCP_FLAG_SYN | TCP_FLAG_ACK)) == TCP_FLAG_SYN;
}

/* A full queue makes the kernel forget the question without any word, drop reasons included. */
static __always_inline void see_question(struct __sk_buff *skb, struct bpf_sock *sk)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	if (!tcp)
		return;
	struct sock *listener = &tcp->inet_conn.icsk_inet.sk;
	if (listener->sk_ack_backlog <= listener->sk_max_ack_backlog)
		return;
	struct bpf_sock *full = bpf_sk_fullsock(sk);
	struct owner *owner = full ? bpf_sk_storage_get(&owners, full, 0, 0) : 0;
	if (!owner)
		return;
	struct handshake_record *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		count_loss(LOSS_HANDSHAKE);
		return;
	}
	__builtin_memset(record, 0, sizeof(*record));
	if (!read_question(skb, &record->tuple)) {
		bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
		return;
	}
	record->length = skb->len;
	report_handshake(record, owner, TROUBLE_QUEUE_FULL);
}

/* The listener answered, and answers again because nothing came back. */
SEC("tp_btf/tcp_retransmit_synack")
int BPF_PROG(see_answer_again, struct sock *sk, struct request_sock *request)
{
	struct owner *owner = bpf_sk_storage_get(&owners, sk, 0, 0);
	if (!owner)
		return 0;
	struct handshake_record *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		count_loss(LOSS_HANDSHAKE);
		return 0;
	}
	__builtin_memset(record, 0, sizeof(*record));
	struct tuple *tuple = &record->tuple;
	tuple->family = request->__req_common.skc_family;
	if (tuple->family == AF_INET) {
		write_mapped(tuple->local, request->__req_common.skc_rcv_saddr);
		write_mapped(tuple->remote, request->__req_common.skc_daddr);
	} else {
		write_v6(tuple->local, &request->__req_common.skc_v6_rcv_saddr);
		write_v6(tuple->remote, &request->__req_common.skc_v6_daddr);
	}
	tuple->local_port = request->__req_common.skc_num;
	tuple->remote_port = bpf_ntohs(request->__req_common.skc_dport);
	report_handshake(record, owner, TROUBLE_ANSWERED_AGAIN);
	return 0;
}
