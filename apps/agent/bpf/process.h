/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Programs as they start: the whole name and the arguments, before a short-lived process is gone from /proc. */
#pragma once

SEC("tp_btf/sched_process_exec")
int BPF_PROG(see_exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *program)
{
	if (!is_ours())
		return 0;
	struct exec_record *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		count_loss(LOSS_EXEC);
		return 0;
	}
	/* Texts end where `args_size` and the closing zero say; only what comes before them must not be left over. */
	__builtin_memset(record, 0, __builtin_offsetof(struct exec_record, file) + 1);
	record->header.type = RECORD_EXEC;
	record->header.size = sizeof(*record);
	record->time = bpf_ktime_get_ns();
	record->started = BPF_CORE_READ(task, group_leader, start_boottime);
	record->cgroup = bpf_get_current_cgroup_id();
	record->pid = task->tgid;
	record->parent = BPF_CORE_READ(task, real_parent, tgid);
	record->uid = (__u32)bpf_get_current_uid_gid();
	BPF_CORE_READ_STR_INTO(&record->comm, task, comm);
	const char *file = BPF_CORE_READ(program, filename);
	bpf_probe_read_kernel_str(record->file, sizeof(record->file), file);
	unsigned long from = BPF_CORE_READ(task, mm, arg_start);
	__u64 size = BPF_CORE_READ(task, mm, arg_end) - from;
	if (size > sizeof(record->args) - 1)
		size = sizeof(record->args) - 1;
	/* The compiler may forget the bound on its way to the call; the verifier does not take its word. */
	asm volatile("%0 &= 1023" : "+r"(size));
	if (size > 0 && !bpf_probe_read_user(record->args, size, (void *)from))
		record->args_size = size;
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}
