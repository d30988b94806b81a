/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One object of all programs.  One translation unit, so that the maps and knobs
 * that they share are defined once.
 */
#include "connect.bpf.c"
#include "dns.bpf.c"
#include "cgroup.bpf.c"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
