/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a socket's storage knows: who used it, and whom the program addressed
 * before anything translated the address.
 */
#ifndef NAMEWARD_BPF_LIB_STATE_H
#define NAMEWARD_BPF_LIB_STATE_H

#include "packet.h"

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

static __always_inline void recall(struct nw_header *h, const struct nw_state *st)
{
	if (st && st->marks & NW_MARK_OLD)
		h->flags |= NW_F_OLD_SOCKET;
	if (!st || !(st->marks & NW_MARK_IDENTITY)) {
		h->flags |= NW_F_NO_TASK;
		return;
	}
	__builtin_memcpy(&h->who, &st->who, sizeof(st->who));
	forget(h);
	h->flags |= NW_F_STORED_TASK;
}

static __always_inline bool is_own(const struct nw_identity *who)
{
	return (own_tgid && who->tgid == own_tgid) || (own_cgroup && who->sock_cgroup == own_cgroup);
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

/* Turns e from the peer on the wire into the one that the program addressed.
 * tid: of the sender, 0 if unknown; another thread's sendmsg is not ours. */
static __always_inline void addressed(struct bpf_sock *sk, struct nw_state *st, bool v6, __u32 tid,
				      struct nw_endpoint *e)
{
	struct nw_endpoint peer = {};

	peer.port = socket_peer(sk, v6, peer.addr);
	if (st && st->asked_by == NW_ASKED_SENDMSG && (!tid || st->asked_tid == tid) &&
	    (!peer.port || peer.port != e->port || !same_words(peer.addr, e->addr))) {
		st->asked_by = NW_ASKED_NONE;
		put_words(e->addr, (__u32 *)st->asked);
		e->port = st->asked_port;
		return;
	}
	if (!peer.port)
		return;
	if (st && st->asked_by == NW_ASKED_CONNECT) {
		put_words(peer.addr, (__u32 *)st->asked);
		peer.port = st->asked_port;
	}
	put_words(e->addr, (__u32 *)peer.addr);
	e->port = peer.port;
}

#endif
