/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets at the sockets of every cgroup: UDP, ICMP and the rest are counted in a map that the agent drains, DNS
 * payloads are copied, and all other TCP leaves at once.
 */
#pragma once

struct packet {
	struct datagram_key key;
	__u32 transport; /* offset of the transport header */
	__u32 payload;   /* offset of the payload */
	__u32 sequence;
	__u8 tcp_flags;
	bool dns;
};

static __always_inline bool is_dns_port(__u16 port)
{
	return config.dns_ports[port >> 3] & (1 << (port & 7));
}

/* Most packets are TCP and none of our business. Reads the headers in place; false also where they are not linear. */
static __always_inline bool is_plain_tcp(struct __sk_buff *skb)
{
	__u8 *data = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;
	if ((void *)(data + 20) > end)
		return false;
	__u32 offset;
	if (data[0] >> 4 == 4 && data[9] == IPPROTO_TCP)
		offset = (data[0] & 15) * 4;
	else if (data[0] >> 4 == 6 && data[6] == IPPROTO_TCP)
		offset = 40;
	else
		return false;
	__be16 *ports = (void *)(data + offset);
	if ((void *)(ports + 2) > end)
		return false;
	return !is_dns_port(bpf_ntohs(ports[0])) && !is_dns_port(bpf_ntohs(ports[1]));
}

static __always_inline int read_v4(struct __sk_buff *skb, struct packet *packet, bool out)
{
	__u8 head[20];
	if (bpf_skb_load_bytes(skb, 0, head, sizeof(head)))
		return -1;
	struct tuple *tuple = &packet->key.tuple;
	tuple->family = AF_INET;
	tuple->proto = head[9];
	write_mapped(out ? tuple->local : tuple->remote, *(__be32 *)(head + 12));
	write_mapped(out ? tuple->remote : tuple->local, *(__be32 *)(head + 16));
	packet->transport = (head[0] & 15) * 4;
	return 0;
}

static __always_inline int read_v6(struct __sk_buff *skb, struct packet *packet, bool out)
{
	struct tuple *tuple = &packet->key.tuple;
	__u8 next = 0;
	if (bpf_skb_load_bytes(skb, 6, &next, 1) || bpf_skb_load_bytes(skb, 8, out ? tuple->local : tuple->remote, 16) ||
	    bpf_skb_load_bytes(skb, 24, out ? tuple->remote : tuple->local, 16))
		return -1;
	__u32 offset = 40;
#pragma unroll
	for (int i = 0; i < 3; i++) {
		__u8 extension[2];
		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS)
			break;
		if (bpf_skb_load_bytes(skb, offset, extension, 2))
			return -1;
		next = extension[0];
		offset += ((__u32)extension[1] + 1) * 8;
	}
	tuple->family = AF_INET6;
	tuple->proto = next;
	packet->transport = offset;
	return 0;
}

static __always_inline int read_packet(struct __sk_buff *skb, struct packet *packet, bool out)
{
	__u8 version = 0;
	if (bpf_skb_load_bytes(skb, 0, &version, 1))
		return -1;
	version >>= 4;
	if (version == 4 ? read_v4(skb, packet, out) : version == 6 ? read_v6(skb, packet, out) : -1)
		return -1;
	struct tuple *tuple = &packet->key.tuple;
	if (tuple->proto != IPPROTO_TCP && tuple->proto != IPPROTO_UDP)
		return 0;
	__be16 ports[2];
	if (bpf_skb_load_bytes(skb, packet->transport, ports, sizeof(ports)))
		return -1;
	tuple->local_port = bpf_ntohs(out ? ports[0] : ports[1]);
	tuple->remote_port = bpf_ntohs(out ? ports[1] : ports[0]);
	packet->dns = is_dns_port(tuple->local_port) || is_dns_port(tuple->remote_port);
	packet->payload = packet->transport + 8;
	if (tuple->proto == IPPROTO_UDP)
		return 0;
	__be32 sequence;
	__u8 control[2];
	if (bpf_skb_load_bytes(skb, packet->transport + 4, &sequence, 4) ||
	    bpf_skb_load_bytes(skb, packet->transport + 12, control, 2))
		return -1;
	packet->sequence = bpf_ntohl(sequence);
	packet->tcp_flags = control[1];
	packet->payload = packet->transport + (control[0] >> 4) * 4;
	return 0;
}

/* Most messages fit the small size; a ring record's size must be a constant. Each holds the size of its room. */
#define REPORT_DNS(NAME, ROOM)                                                                                         \
	struct NAME##_record {                                                                                              \
		struct dns_record record;                                                                                       \
		__u8 payload[ROOM];                                                                                             \
	};                                                                                                                  \
	static __always_inline void NAME(struct __sk_buff *skb, struct packet *packet, struct owner *owner, bool out,       \
					 __u64 length)                                                                      \
	{                                                                                                                   \
		struct NAME##_record *to = bpf_ringbuf_reserve(&records, sizeof(*to), 0);                                       \
		if (!to) {                                                                                                      \
			count_loss(LOSS_DNS);                                                                                       \
			return;                                                                                                     \
		}                                                                                                               \
		__builtin_memset(&to->record, 0, sizeof(to->record));                                                           \
		__u64 captured = length > ROOM - 1 ? ROOM - 1 : length;                                                         \
		asm volatile("%0 &= %1" : "+r"(captured) : "i"(ROOM - 1));                                                      \
		to->record.header.type = RECORD_DNS;                                                                            \
		to->record.header.size = sizeof(*to);                                                                           \
		to->record.tuple = packet->key.tuple;                                                                           \
		if (owner)                                                                                                      \
			to->record.party = owner->party;                                                                            \
		to->record.party.cookie = packet->key.cookie;                                                                   \
		to->record.time = bpf_ktime_get_ns();                                                                           \
		to->record.length = length;                                                                                     \
		to->record.sequence = packet->sequence;                                                                         \
		to->record.tcp_flags = packet->tcp_flags;                                                                       \
		to->record.out = out;                                                                                           \
		if (captured > 0 && !bpf_skb_load_bytes(skb, packet->payload, to->payload, captured))                           \
			to->record.captured = captured;                                                                             \
		bpf_ringbuf_submit(to, BPF_RB_NO_WAKEUP);                                                                       \
	}

REPORT_DNS(report_small_dns, 512)
REPORT_DNS(report_large_dns, 4096)

static __always_inline void report_dns(struct __sk_buff *skb, struct packet *packet, struct owner *owner, bool out)
{
	if (skb->len < packet->payload)
		return;
	__u64 length = skb->len - packet->payload;
	bool tcp = packet->key.tuple.proto == IPPROTO_TCP;
	/* Bare acknowledgements say nothing; SYN, FIN and RST bound the stream. */
	if (length == 0 && !(tcp && packet->tcp_flags & 7))
		return;
	if (length < 512)
		report_small_dns(skb, packet, owner, out, length);
	else
		report_large_dns(skb, packet, owner, out, length);
}

static __always_inline void count_datagram(struct __sk_buff *skb, struct packet *packet, struct owner *owner, bool out)
{
	__u64 now = bpf_ktime_get_ns();
	struct datagram_value *value = bpf_map_lookup_elem(&datagrams, &packet->key);
	if (!value) {
		struct datagram_value fresh = {};
		fresh.first = now;
		fresh.first_out = out;
		if (owner)
			fresh.party = owner->party;
		fresh.party.cookie = packet->key.cookie;
		bpf_map_update_elem(&datagrams, &packet->key, &fresh, BPF_NOEXIST);
		value = bpf_map_lookup_elem(&datagrams, &packet->key);
		if (!value) {
			count_loss(LOSS_DATAGRAM);
			return;
		}
	}
	value->last = now;
	/* The receiver of the first packet is known only once it has read it. */
	if (owner && owner->party.sure && !value->party.sure)
		value->party = owner->party;
	__sync_fetch_and_add(out ? &value->packets_out : &value->packets_in, 1);
	__sync_fetch_and_add(out ? &value->bytes_out : &value->bytes_in, skb->len);
}

static __always_inline int see_packet(struct __sk_buff *skb, bool out)
{
	if (is_plain_tcp(skb))
		return 1;
	struct packet packet = {};
	if (read_packet(skb, &packet, out))
		return 1;
	bool tcp = packet.key.tuple.proto == IPPROTO_TCP;
	if (tcp && !packet.dns)
		return 1;
	struct bpf_sock *sk = skb->sk;
	struct bpf_sock *full = sk ? bpf_sk_fullsock(sk) : 0;
	struct owner *owner = full ? bpf_sk_storage_get(&owners, full, 0, 0) : 0;
	packet.key.cookie = bpf_get_socket_cookie(skb);
	if (packet.dns)
		report_dns(skb, &packet, owner, out);
	if (!tcp)
		count_datagram(skb, &packet, owner, out);
	return 1;
}

SEC("cgroup_skb/egress")
int see_egress(struct __sk_buff *skb)
{
	return see_packet(skb, true);
}

SEC("cgroup_skb/ingress")
int see_ingress(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	/* The only TCP that a packet is looked at for: what comes to a listener, which is a handshake. */
	if (sk && sk->state == TCP_LISTEN)
		see_question(skb, sk);
	return see_packet(skb, false);
}
