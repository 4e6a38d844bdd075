/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who holds a socket: the process that created it, corrected by the process that first used it. */
#pragma once

static __always_inline bool is_inet(struct sock *sk)
{
	__u16 family = sk->__sk_common.skc_family;
	return family == AF_INET || family == AF_INET6;
}

/* Several agents on one kernel share it by cgroup: each owns the sockets of the processes under its own. */
static __always_inline bool is_ours(void)
{
	return !config.cgroup || bpf_get_current_ancestor_cgroup_id(config.cgroup_level) == config.cgroup;
}

/* The name is the thread group's: a thread may call itself anything. */
static __always_inline void write_current(struct party *party)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	party->pid = bpf_get_current_pid_tgid() >> 32;
	party->uid = (__u32)bpf_get_current_uid_gid();
	party->cgroup = bpf_get_current_cgroup_id();
	party->started = BPF_CORE_READ(task, group_leader, start_boottime);
	BPF_CORE_READ_STR_INTO(&party->comm, task, group_leader, comm);
}

static __always_inline struct owner *create_owner(struct sock *sk)
{
	struct owner *owner = bpf_sk_storage_get(&owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!owner) {
		count_loss(LOSS_STORAGE);
		return 0;
	}
	owner->party.cookie = bpf_get_socket_cookie(sk);
	owner->party.netns = sk->__sk_common.skc_net.net->ns.inum;
	return owner;
}

/* Runs in the process that sends or receives. An accepted socket has its listener's owner until then. */
static __always_inline int see_user(struct sock *sk)
{
	if (!is_inet(sk))
		return 0;
	struct owner *owner = bpf_sk_storage_get(&owners, sk, 0, 0);
	if (!owner) {
		if (sk->sk_protocol == IPPROTO_TCP || !is_ours())
			return 0;
		owner = create_owner(sk);
		if (!owner)
			return 0;
		owner->party.seeded = 1;
	}
	if (owner->party.sure)
		return 0;
	write_current(&owner->party);
	owner->party.sure = 1;
	return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(see_send, struct sock *sk, int ret, int flags)
{
	return see_user(sk);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(see_receive, struct sock *sk, int ret, int flags)
{
	return see_user(sk);
}

/* TCP is left to its state changes, which also say the role. */
SEC("cgroup/sock_create")
int see_create(struct bpf_sock *ctx)
{
	if (ctx->type == SOCK_STREAM || !is_ours())
		return 1;
	struct owner *owner = bpf_sk_storage_get(&owners, ctx, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!owner) {
		count_loss(LOSS_STORAGE);
		return 1;
	}
	struct task_struct *task = (void *)bpf_get_current_task();
	owner->party.cookie = bpf_get_socket_cookie(ctx);
	owner->party.netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	owner->born = bpf_ktime_get_ns();
	write_current(&owner->party);
	return 1;
}

/* What belongs to another agent's cgroup is left alone. Kernels without `ancestors` (before 6.1) tell nothing apart. */
static __always_inline bool cgroup_is_ours(struct cgroup *cgroup)
{
	if (!config.cgroup)
		return true;
	if (!bpf_core_field_exists(cgroup->ancestors))
		return true;
	__u32 level = config.cgroup_level;
	if (level > 15 || BPF_CORE_READ(cgroup, level) < (int)level)
		return false;
	struct cgroup *ancestor = 0;
	bpf_core_read(&ancestor, sizeof(ancestor), &cgroup->ancestors[level & 15]);
	return BPF_CORE_READ(ancestor, kn, id) == config.cgroup;
}

/*
 * Takes in an accepted socket whose listener nobody owns: the listener is older than the agent and hidden, as behind
 * MPTCP, which Go's servers use wherever there is any. The socket itself knows its cgroup; the process comes with its
 * first use.
 */
static __always_inline struct owner *adopt(struct sock *sk)
{
	if (!bpf_core_field_exists(sk->sk_cgrp_data.cgroup))
		return 0;
	struct cgroup *cgroup = BPF_CORE_READ(sk, sk_cgrp_data.cgroup);
	if (!cgroup || !cgroup_is_ours(cgroup))
		return 0;
	struct owner *owner = create_owner(sk);
	if (owner)
		owner->party.cgroup = BPF_CORE_READ(cgroup, kn, id);
	return owner;
}

/* Owners of the sockets that are older than the agent, read from every process's open files. */
SEC("iter/task_file")
int seed_owners(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	if (!task || !file || task->pid != task->tgid || !cgroup_is_ours(BPF_CORE_READ(task, cgroups, dfl_cgrp)))
		return 0;
	struct socket *socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	struct sock *sk = socket->sk;
	if (!sk || !is_inet(sk))
		return 0;
	struct owner *owner = bpf_sk_storage_get(&owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!owner || owner->party.pid)
		return 0;
	owner->party.cookie = bpf_get_socket_cookie(sk);
	owner->party.netns = sk->__sk_common.skc_net.net->ns.inum;
	owner->party.pid = task->tgid;
	owner->party.uid = BPF_CORE_READ(task, cred, uid.val);
	owner->party.cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	owner->party.started = BPF_CORE_READ(task, start_boottime);
	BPF_CORE_READ_STR_INTO(&owner->party.comm, task, comm);
	owner->party.seeded = 1;
	owner->born = bpf_ktime_get_ns();
	if (sk->sk_protocol == IPPROTO_TCP && sk->__sk_common.skc_state == TCP_LISTEN)
		owner->party.role = ROLE_SERVER;
	return 0;
}
