/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records into the ring: admission, ledger, losses, wake-ups.
 *
 * One ring keeps the order: an answer is reserved before the program that asked
 * can read it, so before the connect that uses it.  The ledger closes exactly:
 * offered == sent + dropped_full + dropped_quota, per class; the counters are
 * atomic because softirq interrupts process context on the same CPU.
 */
#ifndef NAMEWARD_BPF_LIB_EMIT_H
#define NAMEWARD_BPF_LIB_EMIT_H

#include "task.h"

/* Set by the first loss and never cleared: until then no record pays for the look-up. */
bool any_loss = false;

static __always_inline void bump(__u32 index)
{
	__u64 *n = bpf_map_lookup_elem(&counters, &index);

	if (n)
		__sync_fetch_and_add(n, 1);
}

/* Not static here and below: the verifier walks a global function once, and a
 * static one again at every call, which in a loop of packets is too much. */
__noinline int count(__u32 index)
{
	bump(index);
	return 0;
}

static __always_inline void count_fate(enum nw_class class, enum nw_fate fate)
{
	count(class * NW_FATES + fate);
}

/* Where there is a v1 hierarchy a socket's v2 id may be that of the root, or of the
 * runtime's service. */
static __always_inline __u64 loss_key(const struct nw_identity *who)
{
	if (who->task_cgroup && (use_pids_cgroup || !who->sock_cgroup))
		return who->task_cgroup;
	return who->sock_cgroup;
}

static __always_inline void note_loss(__u64 cgroup, bool answer, bool quota)
{
	struct nw_loss fresh = {}, *loss;

	loss = bpf_map_lookup_elem(&cgroup_loss, &cgroup);
	if (!loss) {
		bpf_map_update_elem(&cgroup_loss, &cgroup, &fresh, BPF_NOEXIST);
		loss = bpf_map_lookup_elem(&cgroup_loss, &cgroup);
		if (!loss)
			return;
	}
	any_loss = true;
	if (answer)
		__sync_fetch_and_add(&loss->answers, 1);
	if (quota)
		__sync_fetch_and_add(&loss->quota, 1);
}

static __always_inline void stamp_loss(struct nw_header *h, __u64 cgroup)
{
	struct nw_loss *loss;

	if (!any_loss)
		return;
	loss = bpf_map_lookup_elem(&cgroup_loss, &cgroup);
	if (!loss)
		return;
	h->lost_answers = loss->answers;
	h->lost_quota = loss->quota;
}

/* What a record of n payload bytes costs: a large one takes a slot of NW_CHUNK.
 * So a full bucket never fills the default ring, and a cgroup can't make its own
 * losses look like the sensor's. */
static __always_inline __u32 tokens_for(__u32 n)
{
	return n <= 512 ? 1 : 4;
}

/* A bucket is the time at which it will be full again.  Two CPUs may both take
 * the last token: the quota is fair, not exact. */
static __always_inline bool take_tokens(__u64 cgroup, __u64 now, __u32 tokens)
{
	__u64 *full, token, cost, at;

	if (!quota_rate)
		return true;
	token = 1000000000ULL / quota_rate;
	cost = token * tokens;
	full = bpf_map_lookup_elem(&buckets, &cgroup);
	if (!full) {
		at = now + cost;
		bpf_map_update_elem(&buckets, &cgroup, &at, BPF_ANY);
		return true;
	}
	at = *full > now ? *full : now;
	if (at + cost - now > token * quota_burst)
		return false;
	*full = at + cost;
	return true;
}

#define NW_REFUSED (-1)

__noinline int refused(enum nw_class class, enum nw_fate fate, __u64 cgroup)
{
	/* An answer whose query is missing matches nothing, so it is lost as well. */
	const bool dns = class == NW_CLASS_ANSWER || class == NW_CLASS_QUERY;

	bump(class * NW_FATES + fate);
	note_loss(cgroup, dns && fate == NW_DROPPED_FULL, fate == NW_DROPPED_QUOTA);
	return NW_REFUSED;
}

static __always_inline int refused_by_ring(enum nw_class class, __u64 cgroup)
{
	return refused(class, NW_DROPPED_FULL, cgroup);
}

/* Decides on a record of n payload bytes and counts the decision.  Returns the
 * flags to submit it with, or NW_REFUSED. */
__noinline int admit(enum nw_class class, __u64 cgroup, __u64 now, __u32 n)
{
	bool dns = class == NW_CLASS_ANSWER || class == NW_CLASS_QUERY;
	__u64 size, fill;

	count_fate(class, NW_OFFERED);
	if (dns && !take_tokens(cgroup, now, tokens_for(n)))
		return refused(class, NW_DROPPED_QUOTA, cgroup);
	size = bpf_ringbuf_query(&events, BPF_RB_RING_SIZE);
	fill = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) * 100;
	if (fill > size * admit_percent[class & 3])
		return refused_by_ring(class, cgroup);
	return fill > size * wake_percent ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

/* Sends a whole record.  size is a constant: before 6.1 reserve takes no other. */
static __always_inline bool send(enum nw_class class, struct nw_header *h, const __u32 size)
{
	__u64 cgroup = loss_key(&h->who);
	void *record;
	int flags;

	h->time = bpf_ktime_get_boot_ns();
	h->length = size;
	flags = admit(class, cgroup, h->time, 0);
	if (flags == NW_REFUSED)
		return false;
	record = bpf_ringbuf_reserve(&events, size, 0);
	if (!record) {
		refused_by_ring(class, cgroup);
		return false;
	}
	stamp_loss(h, cgroup);
	forget(h);
	__builtin_memcpy(record, h, size);
	bpf_ringbuf_submit(record, flags);
	count_fate(class, NW_SENT);
	return true;
}

#endif
