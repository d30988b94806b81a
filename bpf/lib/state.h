/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a socket's storage knows: who used it, and whom the program addressed
 * before anything translated the address.
 */
#ifndef NAMEWARD_BPF_LIB_STATE_H
#define NAMEWARD_BPF_LIB_STATE_H

#include "packet.h"

/* NULL: a request or TIME_WAIT socket.  Functions that are verified on their own
 * begin with it. */
static __always_inline struct bpf_sock *socket_of(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	return sk ? bpf_sk_fullsock(sk) : NULL;
}

static __always_inline struct nw_state *state_of(struct bpf_sock *sk)
{
	return bpf_sk_storage_get(&sockets, sk, NULL, 0);
}

static __always_inline struct nw_state *make_state(struct bpf_sock *sk)
{
	struct nw_state *st = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);

	if (!st)
		count(NW_ERROR_STORAGE_FULL);
	return st;
}

static __always_inline void remember(struct nw_state *st, const struct nw_identity *who)
{
	forget(who);
	__builtin_memcpy(&st->who, who, sizeof(*who));
	st->marks |= NW_MARK_IDENTITY;
}

static __always_inline bool is_own(const struct nw_identity *who)
{
	return (own_tgid && who->tgid == own_tgid) ||
	       (own_cgroup && who->sock_cgroup == own_cgroup);
}

/* The socket's own idea of its peer; port 0: not connected. */
static __always_inline __u16 socket_peer(struct bpf_sock *sk, bool v6, __u8 addr[16])
{
	__u32 *w = (__u32 *)addr;

	if (v6) {
		w[0] = sk->dst_ip6[0];
		w[1] = sk->dst_ip6[1];
		w[2] = sk->dst_ip6[2];
		w[3] = sk->dst_ip6[3];
		barrier(); /* else clang reads through one computed pointer */
	} else {
		put_v4(addr, sk->dst_ip4);
	}
	return bpf_ntohs(sk->dst_port);
}

/* Which of the known addresses the program meant. */
enum nw_end {
	NW_END_WIRE = 0,   /* the peer in the packet */
	NW_END_SOCKET = 1, /* the socket's own idea of its peer */
	NW_END_ASKED = 2,  /* nw_state.asked */
};

static __always_inline __u32 current_tid(enum nw_tier tier)
{
	struct task_struct *t = current_task(tier);

	return tier == TIER_PLAIN ? 0 : DIRECT(tier, t->pid, t, pid);
}

/* Sets e to the end that the program addressed with this packet and says where
 * that is kept.  A sendmsg of another thread than the sender's is not ours; the
 * plain tier does not know the sender. */
static __always_inline enum nw_end addressed(struct bpf_sock *sk, struct nw_state *st,
                                             const struct nw_packet *p, struct nw_endpoint *e,
                                             enum nw_tier tier)
{
	__u8 by = st ? st->asked_by : NW_ASKED_NONE;
	bool straight;

	e->port = socket_peer(sk, p->v6, e->addr);
	straight = e->port && e->port == p->dest && same_words(e->addr, (__u8 *)p->dst);
	if (st && (by == NW_ASKED_CONNECT
	               ? e->port
	               : by == NW_ASKED_SENDMSG && !straight &&
	                     (tier == TIER_PLAIN || st->asked_tid == current_tid(tier)))) {
		if (by == NW_ASKED_SENDMSG)
			st->asked_by = NW_ASKED_NONE;
		put_words(e->addr, (__u32 *)st->asked);
		e->port = st->asked_port;
		return NW_END_ASKED;
	}
	if (e->port)
		return NW_END_SOCKET;
	put_words(e->addr, p->dst);
	e->port = p->dest;
	return NW_END_WIRE;
}

/* The same address again, for a function that was told only where it is kept. */
static __always_inline void put_end(struct bpf_sock *sk, const struct nw_state *st,
                                    const struct nw_packet *p, enum nw_end end,
                                    struct nw_endpoint *e)
{
	if (end == NW_END_ASKED && st) {
		put_words(e->addr, (__u32 *)st->asked);
		e->port = st->asked_port;
	} else if (end == NW_END_SOCKET) {
		e->port = socket_peer(sk, p->v6, e->addr);
	}
}

/* What a record says of the socket and of who acts, straight in the ring. */
struct nw_actor {
	__u64 now;
	__u64 cgroup; /* loss_key, before there is an identity */
};

/* False: it is our own packet. */
static __always_inline bool find_actor(struct __sk_buff *skb, const struct nw_state *st,
                                       struct nw_actor *a, enum nw_tier tier)
{
	struct task_struct *t = current_task(tier);
	__u32 tgid = 0;
	bool own;

	a->now = bpf_ktime_get_boot_ns();
	a->cgroup = bpf_skb_cgroup_id(skb);
	own = own_cgroup && a->cgroup == own_cgroup;
	if (tier == TIER_PLAIN) {
		if (st && st->who.task_cgroup && (use_pids_cgroup || !a->cgroup))
			a->cgroup = st->who.task_cgroup;
		tgid = st ? st->who.tgid : 0;
	} else {
		if (use_pids_cgroup || !a->cgroup)
			a->cgroup = task_cgroup(t, tier);
		tgid = DIRECT(tier, t->tgid, t, tgid);
	}
	return !own && !(own_tgid && tgid == own_tgid);
}

/* Fills h but for kind, length, and flags that are more than the actor's; in the
 * tiers that ask the task, put_sender fills in who. */
static __always_inline void put_actor(struct __sk_buff *skb, const struct nw_state *st,
                                      const struct nw_actor *a, struct nw_header *h, bool stored)
{
	h->flags = st && st->marks & NW_MARK_OLD ? NW_F_OLD_SOCKET : 0;
	h->time = a->now;
	h->cookie = bpf_get_socket_cookie(skb);
	h->lost_answers = 0;
	h->lost_quota = 0;
	stamp_loss(h, a->cgroup);
	if (!stored)
		return;
	if (st && st->marks & NW_MARK_IDENTITY) {
		__builtin_memcpy(&h->who, &st->who, sizeof(st->who));
		h->flags |= NW_F_STORED_TASK;
	} else {
		__builtin_memset(&h->who, 0, sizeof(h->who));
		h->flags |= NW_F_NO_TASK;
	}
	h->who.sock_cgroup = bpf_skb_cgroup_id(skb);
}

/* The task that sends, in the record and for the answer to come. */
static __always_inline void put_sender(struct __sk_buff *skb, struct nw_header *h,
                                       enum nw_tier tier)
{
	struct bpf_sock *sk;
	struct nw_state *st;

	if (tier == TIER_PLAIN)
		return;
	identify(&h->who, current_task(tier), tier);
	h->who.sock_cgroup = bpf_skb_cgroup_id(skb);
	sk = socket_of(skb);
	st = sk ? state_of(sk) : NULL;
	if (st)
		remember(st, &h->who);
}

#endif
