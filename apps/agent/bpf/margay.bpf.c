// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Everything that runs in the kernel. The programs decide nothing that could be decided in the agent: they copy who,
 * what and how much. None needs fentry, LSM or kprobes; each loads alone, and each says in `src/kernel/programs.ts`
 * which fields are missing without it.
 */
#include "kernel-types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "layout.h"
#include "maps.h"
#include "owner.h"
#include "tcp.h"
#include "handshake.h"
#include "packet.h"
#include "drop.h"
#include "process.h"

/* The kernel reads this word; our licence for the source is in the first line. */
char LICENSE[] SEC("license") = "Dual BSD/GPL";
