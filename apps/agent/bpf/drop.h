/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets that the kernel threw away for one of the reasons on the list, wherever it did so. */
#pragma once

/* Reads addresses, ports and length from the packet itself, whatever has been pulled; the source becomes `local`. */
static __always_inline int read_dropped(struct sk_buff *skb, struct drop_record *to)
{
	unsigned char *network = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
	__u8 head[40];
	__u32 transport;
	if (bpf_probe_read_kernel(head, sizeof(head), network))
		return -1;
	if (head[0] >> 4 == 4) {
		to->tuple.family = AF_INET;
		to->tuple.proto = head[9];
		to->length = head[2] << 8 | head[3];
		write_mapped(to->tuple.local, *(__be32 *)(head + 12));
		write_mapped(to->tuple.remote, *(__be32 *)(head + 16));
		transport = (head[0] & 15) * 4;
	} else if (head[0] >> 4 == 6) {
		to->tuple.family = AF_INET6;
		to->tuple.proto = head[6];
		to->length = 40 + (head[4] << 8 | head[5]);
		__builtin_memcpy(to->tuple.local, head + 8, 16);
		__builtin_memcpy(to->tuple.remote, head + 24, 16);
		transport = 40;
	} else {
		return -1;
	}
	if (to->tuple.proto != IPPROTO_TCP && to->tuple.proto != IPPROTO_UDP)
		return 0;
	__be16 ports[2] = {};
	bpf_probe_read_kernel(ports, sizeof(ports), network + transport);
	to->tuple.local_port = bpf_ntohs(ports[0]);
	to->tuple.remote_port = bpf_ntohs(ports[1]);
	if (to->tuple.proto == IPPROTO_TCP)
		bpf_probe_read_kernel(&to->tcp_flags, 1, network + transport + 13);
	return 0;
}

/* Who dropped it: the sender's own stack, the receiver's (the route says that the packet is for us), or one between. */
static __always_inline void read_side(struct sk_buff *skb, struct drop_record *to)
{
	struct sock *sk = BPF_CORE_READ(skb, sk);
	if (sk && BPF_CORE_READ(sk, __sk_common.skc_num) == to->tuple.local_port) {
		to->side = SIDE_SENDER;
		to->cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
		to->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
		return;
	}
	struct net_device *device = BPF_CORE_READ(skb, dev);
	if (device) {
		to->ifindex = BPF_CORE_READ(device, ifindex);
		to->netns = BPF_CORE_READ(device, nd_net.net, ns.inum);
	}
	void *route = (void *)(BPF_CORE_READ(skb, _skb_refdst) & ~1UL);
	if (!route)
		return;
	bool local = to->tuple.family == AF_INET ? BPF_CORE_READ((struct rtable *)route, rt_type) == RTN_LOCAL
						 : (BPF_CORE_READ((struct rt6_info *)route, rt6i_flags) & RTF_LOCAL) != 0;
	to->side = local ? SIDE_RECEIVER : SIDE_FORWARD;
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(see_drop, struct sk_buff *skb, void *location, __u32 reason)
{
	__u64 number = reason;
	/* The compiler drops a mask that it knows to be useless; the verifier asks for it. */
	asm volatile("%0 &= 255" : "+r"(number));
	if (number != reason || !config.drop_reasons[number])
		return 0;
	__u16 protocol = bpf_ntohs(BPF_CORE_READ(skb, protocol));
	if (protocol != ETH_P_IP && protocol != ETH_P_IPV6)
		return 0;
	struct drop_record *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		count_loss(LOSS_DROP);
		return 0;
	}
	__builtin_memset(record, 0, sizeof(*record));
	record->header.type = RECORD_DROP;
	record->header.size = sizeof(*record);
	if (read_dropped(skb, record)) {
		bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
		return 0;
	}
	read_side(skb, record);
	record->time = bpf_ktime_get_ns();
	record->reason = reason;
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}
