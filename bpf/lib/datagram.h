/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * UDP, and what raw, ping, SCTP and UDP-Lite sockets send.
 *
 * Egress runs synchronously in the sending task, except for the kernel's own
 * sockets (cgroup 1).  The first datagram of (socket, peer) is a flow; a send to
 * a peer that spoke first is a reply and no flow.
 * Cannot see: that a peer spoke first to another socket of the same port, or
 * before the sensor started (NW_F_OLD_SOCKET says that it might have).
 */
#ifndef NAMEWARD_BPF_LIB_DATAGRAM_H
#define NAMEWARD_BPF_LIB_DATAGRAM_H

#include "announce.h"
#include "ship.h"
#include "state.h"

#define NW_UDP_HEADER 8

static __always_inline bool has_ports(__u8 proto)
{
	return proto == IPPROTO_UDP || proto == IPPROTO_TCP || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_UDPLITE;
}

static __always_inline void act(struct __sk_buff *skb, struct bpf_sock *sk, struct nw_header *h,
				enum nw_tier tier)
{
	struct nw_state *st = state_of(sk);

	h->cookie = bpf_get_socket_cookie(skb);
	if (tier == TIER_PLAIN) {
		recall(h, st);
	} else {
		identify(&h->who, current_task(tier), tier);
		if (st && st->marks & NW_MARK_OLD)
			h->flags |= NW_F_OLD_SOCKET;
	}
	h->who.sock_cgroup = bpf_skb_cgroup_id(skb);
}

static __noinline int first_datagram(struct __sk_buff *skb, struct bpf_sock *sk,
				     struct nw_packet *p, struct nw_endpoint *asked,
				     enum nw_tier tier)
{
	struct nw_connect c = {};
	struct nw_state *st;

	act(skb, sk, &c.h, tier);
	if (is_own(&c.h.who))
		return 0;
	c.h.kind = sk->type == SOCK_DGRAM && p->proto == IPPROTO_UDP ? NW_UDP_FLOW : NW_RAW_FLOW;
	if (is_mapped(asked, sk->family))
		c.h.flags |= NW_F_MAPPED;
	put_ends(skb, p, true, &c.src, &c.wire);
	c.dst = *asked;
	if (same_endpoint(asked, &c.wire)) {
		c.dst.scope = c.wire.scope;
		__builtin_memset(&c.wire, 0, sizeof(c.wire));
	}
	c.proto = p->proto;
	c.count = 1;
	if (!send(NW_CLASS_CONNECT, &c.h, sizeof(c)))
		return 0;
	st = make_state(sk);
	if (st && tier != TIER_PLAIN)
		remember(st, &c.h.who);
	return 1;
}

/* Reports the peer unless it is known; remembers it if that worked. */
static __always_inline void meet(struct __sk_buff *skb, struct bpf_sock *sk, struct nw_packet *p,
				 struct nw_endpoint *asked, enum nw_tier tier)
{
	__u32 value = NW_PEER_REPORTED;
	struct nw_peer key = {};
	struct nw_state *st;

	key.cookie = bpf_get_socket_cookie(skb);
	put_words(key.addr, (__u32 *)asked->addr);
	key.port = asked->port;
	key.proto = p->proto;
	if (!bpf_map_lookup_elem(&udp_peers, &key)) {
		announce_sender(tier);
		if (!first_datagram(skb, sk, p, asked, tier))
			return;
		bpf_map_update_elem(&udp_peers, &key, &value, BPF_ANY);
	}
	st = p->proto == IPPROTO_UDP ? state_of(sk) : NULL;
	if (!st)
		return;
	put_words(st->peer, (__u32 *)asked->addr);
	st->peer_port = asked->port;
}

static __always_inline bool is_last_peer(const struct nw_state *st, const struct nw_endpoint *e)
{
	return st && st->peer_port == e->port && same_words(st->peer, e->addr);
}

/* Sets cut and tells whether any datagram of the packet is to be shipped. */
static __always_inline bool find_datagrams(struct __sk_buff *skb, struct nw_packet *p,
					   struct nw_cut *cut, bool response)
{
	__u32 off = p->l4 + NW_UDP_HEADER, size = skb->len - off;
	__u32 step = skb->gso_size;

	if (off > skb->len)
		return false;
	cut->off = off;
	cut->id = bpf_get_prandom_u32();
	cut->step = step ? step : size;
	if (cut->any)
		return true;
	if (!step)
		return shape_at(skb, off, size, response);
	cut->off = find_dns(skb, off, step, response);
	return cut->off != 0;
}

static __noinline int udp_query(struct __sk_buff *skb, struct bpf_sock *sk, struct nw_packet *p,
				struct nw_cut *cut, enum nw_tier tier)
{
	struct nw_header h = {};
	struct nw_payload *d;
	struct nw_state *st;
	int flags;

	h.kind = NW_DNS_DATAGRAM;
	act(skb, sk, &h, tier);
	if (is_own(&h.who))
		return 0;
	st = make_state(sk);
	if (st && tier != TIER_PLAIN)
		remember(st, &h.who);
	d = open_payload(skb, &h, p, &cut->asked, &flags);
	if (d)
		ship_first(skb, d, cut, flags);
	return 0;
}

static __noinline int udp_answer(struct __sk_buff *skb, struct bpf_sock *sk, struct nw_packet *p,
				 struct nw_cut *cut)
{
	struct nw_header h = {};
	struct nw_payload *d;
	int flags;

	h.kind = NW_DNS_DATAGRAM;
	h.flags = NW_F_INGRESS;
	h.cookie = bpf_get_socket_cookie(skb);
	recall(&h, state_of(sk));
	if (h.flags & NW_F_NO_TASK)
		count(NW_ERROR_STORAGE_MISS);
	h.who.sock_cgroup = bpf_skb_cgroup_id(skb);
	if (is_own(&h.who))
		return 0;
	d = open_payload(skb, &h, p, &cut->asked, &flags);
	if (d)
		ship_first(skb, d, cut, flags);
	return 0;
}

static __always_inline void udp_out(struct __sk_buff *skb, struct bpf_sock *sk,
				    struct nw_packet *p, enum nw_tier tier)
{
	struct nw_cut cut = {};
	struct task_struct *t;
	struct nw_state *st;
	__u32 tid = 0;

	if (!load_ports(skb, p))
		return;
	put_remote(p, true, &cut.asked);
	st = state_of(sk);
	if (tier != TIER_PLAIN) {
		t = current_task(tier);
		tid = DIRECT(tier, t->pid, t, pid);
	}
	addressed(sk, st, p->v6, tid, &cut.asked);
	if (!is_last_peer(st, &cut.asked))
		meet(skb, sk, p, &cut.asked, tier);
	cut.any = p->dest == NW_PORT_DNS || cut.asked.port == NW_PORT_DNS;
	if (!find_datagrams(skb, p, &cut, false))
		return;
	announce_sender(tier);
	udp_query(skb, sk, p, &cut, tier);
	ship_others(skb, &cut, 0);
}

/* A new peer that speaks before we did: what goes back to it is a reply. */
static __always_inline void hear(struct __sk_buff *skb, const struct nw_endpoint *remote)
{
	__u32 value = NW_PEER_SPOKE_FIRST;
	struct nw_peer key = {};

	key.cookie = bpf_get_socket_cookie(skb);
	put_words(key.addr, (__u32 *)remote->addr);
	key.port = remote->port;
	key.proto = IPPROTO_UDP;
	if (!bpf_map_lookup_elem(&udp_peers, &key))
		bpf_map_update_elem(&udp_peers, &key, &value, BPF_ANY);
}

static __always_inline void udp_in(struct __sk_buff *skb, struct bpf_sock *sk, struct nw_packet *p)
{
	struct nw_cut cut = {};
	struct nw_state *st;

	if (!load_ports(skb, p))
		return;
	put_remote(p, false, &cut.asked);
	st = state_of(sk);
	if (!is_last_peer(st, &cut.asked))
		hear(skb, &cut.asked);
	cut.any = p->source == NW_PORT_DNS;
	if (!find_datagrams(skb, p, &cut, true))
		return;
	if (st && st->asked_by != NW_ASKED_CONNECT)
		st = NULL; /* an answer may belong to another send than the last */
	addressed(sk, st, p->v6, 0, &cut.asked);
	udp_answer(skb, sk, p, &cut);
	ship_others(skb, &cut, NW_F_INGRESS);
}

/* Raw, ping, SCTP, UDP-Lite.  Kernel-made resets, echo replies and unreachables
 * leave on raw sockets of the kernel too: only what a program made has the mark. */
static __always_inline void other_out(struct __sk_buff *skb, struct bpf_sock *sk,
				      struct nw_packet *p, enum nw_tier tier)
{
	struct nw_state *st = state_of(sk);
	struct nw_cut cut = {};

	if (!st || !(st->marks & NW_MARK_MADE))
		return;
	if (has_ports(p->proto))
		load_ports(skb, p);
	put_remote(p, true, &cut.asked);
	meet(skb, sk, p, &cut.asked, tier);
	if (p->proto != IPPROTO_UDP)
		return;
	cut.any = p->dest == NW_PORT_DNS;
	if (!find_datagrams(skb, p, &cut, false))
		return;
	announce_sender(tier);
	udp_query(skb, sk, p, &cut, tier);
	ship_others(skb, &cut, 0);
}

#endif
