/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who acts: struct nw_identity of the current task, in three tiers.
 *
 *  typed  bpf_get_current_task_btf and direct reads: the verifier knows every
 *         type, so it loads under lockdown=confidentiality too.  5.15+.
 *  probe  bpf_get_current_task and probe_read.  5.10+, not locked down.
 *  plain  helpers only: no namespaces, no start time, no executable.
 *
 * The tier is a constant in every wrapper, so that the verifier drops the
 * branches of the others before it looks at their helpers.
 * Cannot see: the task behind softirq work.  Only call it where the hook runs
 * in the task that acts.
 */
#ifndef NAMEWARD_BPF_LIB_TASK_H
#define NAMEWARD_BPF_LIB_TASK_H

#include "maps.h"

enum nw_tier {
	TIER_PLAIN,
	TIER_PROBE,
	TIER_TYPED,
};

/* Keeps clang from holding every field of a record in registers, that is: on the
 * stack a second time, until it is copied. */
#define forget(record)          asm volatile("" : "+r"(record) : : "memory")

#define DIRECT(tier, read, ...) ((tier) == TIER_TYPED ? (read) : BPF_CORE_READ(__VA_ARGS__))

static __always_inline struct task_struct *current_task(enum nw_tier tier)
{
	if (tier == TIER_TYPED)
		return bpf_get_current_task_btf();
	if (tier == TIER_PROBE)
		return (struct task_struct *)bpf_get_current_task();
	return NULL;
}

/* Beside v2 there may be v1 hierarchies, of which every container runtime joins that
 * of the pids controller.  Not every one joins v2: then a container's v2 cgroup is
 * the root, or the runtime's own service.  So the deeper of the two names the task,
 * and v2 where they are as deep. */
static __always_inline __u64 deeper_cgroup(struct task_struct *t, enum nw_tier tier)
{
	/* Not by the line in /proc/cgroups: 7.2 no longer lists every controller. */
	const __u32 pids = bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id) & 15;
	struct cgroup_subsys_state *css = NULL;
	struct css_set *set;
	struct cgroup *v1;

	if (tier == TIER_TYPED) {
		css = t->cgroups->subsys[pids];
		v1 = css->cgroup;
		if (t->cgroups->dfl_cgrp->level >= v1->level)
			return t->cgroups->dfl_cgrp->kn->id;
		return v1->kn->id | NW_CGROUP_V1;
	}
	set = BPF_CORE_READ(t, cgroups);
	bpf_core_read(&css, sizeof(css), &set->subsys[pids]);
	v1 = BPF_CORE_READ(css, cgroup);
	if (BPF_CORE_READ(set, dfl_cgrp, level) >= BPF_CORE_READ(v1, level))
		return BPF_CORE_READ(set, dfl_cgrp, kn, id);
	return BPF_CORE_READ(v1, kn, id) | NW_CGROUP_V1;
}

static __always_inline __u64 task_cgroup(struct task_struct *t, enum nw_tier tier)
{
	if (use_pids_cgroup)
		return deeper_cgroup(t, tier);
	return DIRECT(tier, t->cgroups->dfl_cgrp->kn->id, t, cgroups, dfl_cgrp, kn, id);
}

static __always_inline __u32 mntns_of(struct task_struct *t, enum nw_tier tier)
{
	return DIRECT(tier, t->nsproxy->mnt_ns->ns.inum, t, nsproxy, mnt_ns, ns.inum);
}

/* Inode numbers of mount namespaces are reused at once; this number is not. */
static __always_inline __u64 mntns_seq(struct task_struct *t, enum nw_tier tier)
{
	if (bpf_core_field_exists(struct mnt_namespace, seq))
		return DIRECT(tier, t->nsproxy->mnt_ns->seq, t, nsproxy, mnt_ns, seq);
	if (bpf_core_field_exists(struct ns_common, ns_id))
		return DIRECT(tier, t->nsproxy->mnt_ns->ns.ns_id, t, nsproxy, mnt_ns, ns.ns_id);
	return 0;
}

static __always_inline __u64 netns_cookie(struct task_struct *t, enum nw_tier tier)
{
	if (bpf_core_field_exists(struct net, net_cookie))
		return DIRECT(tier, t->nsproxy->net_ns->net_cookie, t, nsproxy, net_ns, net_cookie);
	return 0;
}

static __always_inline __u64 mix(__u64 a, __u64 b)
{
	a = (a ^ b) * 0x9e3779b97f4a7c15ULL;
	return a ^ a >> 29;
}

/* Names a file in a mount namespace: the same inode of another pod has another path. */
static __always_inline __u64 exe_key(struct task_struct *t, __u32 mntns, __u64 seq,
                                     enum nw_tier tier)
{
	__u64 ino = DIRECT(tier, t->mm->exe_file->f_inode->i_ino, t, mm, exe_file, f_inode, i_ino);
	__u64 key;

	if (!ino)
		return 0;
	key = mix(ino, DIRECT(tier, t->mm->exe_file->f_inode->i_sb->s_dev, t, mm, exe_file, f_inode,
	                      i_sb, s_dev));
	key = mix(key, DIRECT(tier, t->mm->exe_file->f_inode->i_generation, t, mm, exe_file,
	                      f_inode, i_generation));
	return mix(mix(key, mntns), seq) | 1;
}

static __always_inline void read_comm(struct nw_identity *who, struct task_struct *t,
                                      enum nw_tier tier)
{
	struct task_struct *leader;

	if (tier == TIER_TYPED) {
		leader = t->group_leader;
		((__u64 *)who->comm)[0] = ((__u64 *)leader->comm)[0];
		((__u64 *)who->comm)[1] = ((__u64 *)leader->comm)[1];
		return;
	}
	leader = BPF_CORE_READ(t, group_leader);
	bpf_core_read(who->comm, NW_COMM_LEN, &leader->comm);
}

/* Fills everything but sock_cgroup.  On its own stack: the temporaries of its
 * reads would not fit beside a record. */
static __noinline int identify(struct nw_identity *who, struct task_struct *t, enum nw_tier tier)
{
	if (tier == TIER_PLAIN)
		return 0;
	who->task_cgroup = task_cgroup(t, tier);
	who->start_boottime =
	    DIRECT(tier, t->group_leader->start_boottime, t, group_leader, start_boottime);
	who->tgid = DIRECT(tier, t->tgid, t, tgid);
	who->tid = DIRECT(tier, t->pid, t, pid);
	who->uid = DIRECT(tier, t->cred->uid.val, t, cred, uid.val);
	who->gid = DIRECT(tier, t->cred->gid.val, t, cred, gid.val);
	who->mntns = mntns_of(t, tier);
	who->mntns_seq = mntns_seq(t, tier);
	who->netns = DIRECT(tier, t->nsproxy->net_ns->ns.inum, t, nsproxy, net_ns, ns.inum);
	who->netns_cookie = netns_cookie(t, tier);
	read_comm(who, t, tier);
	who->exe = exe_key(t, who->mntns, who->mntns_seq, tier);
	return 0;
}

/* What helpers know, in hooks that are called from a system call. */
static __always_inline void identify_plain(struct nw_identity *who)
{
	__u64 id = bpf_get_current_pid_tgid();

	who->tgid = id >> 32;
	who->tid = (__u32)id;
	id = bpf_get_current_uid_gid();
	who->uid = (__u32)id;
	who->gid = id >> 32;
	who->task_cgroup = bpf_get_current_cgroup_id();
	bpf_get_current_comm(who->comm, sizeof(who->comm));
}

#endif
