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

/* The header and the beginning of a DNS message, which has at least 17 bytes. */
#define NW_UDP_LOADED 24

/* Completes the key whose address is in place. */
static __always_inline void name_peer(struct nw_peer *key, struct __sk_buff *skb, __u8 proto)
{
	key->end.pad = proto;
	key->end.scope = 0;
	key->cookie = bpf_get_socket_cookie(skb);
}

/* kind 0: the first packet of a flow, by what sent it. */
static __always_inline bool ship_flow(struct __sk_buff *skb, struct bpf_sock *sk,
                                      struct nw_message *m, const struct nw_endpoint *dst,
                                      const __u16 kind, enum nw_tier tier)
{
	int flags = open_message(skb, m, NW_CLASS_CONNECT, 0, tier);
	struct nw_connect *c;

	if (flags == NW_REFUSED)
		return false;
	c = bpf_ringbuf_reserve(&events, sizeof(*c), 0);
	if (!c)
		return close_message(m, NW_CLASS_CONNECT, false);
	put_actor(skb, state_of(sk), &m->actor, &c->h, tier == TIER_PLAIN);
	put_sender(skb, &c->h, tier);
	c->h.kind = kind;
	if (!kind)
		c->h.kind =
		    sk->type == SOCK_DGRAM && m->p.proto == IPPROTO_UDP ? NW_UDP_FLOW : NW_RAW_FLOW;
	c->h.length = sizeof(*c);
	put_source(skb, &m->p, &c->src);
	put_destination(skb, &m->p, &c->wire);
	put_words(c->dst.addr, (__u32 *)dst->addr);
	c->dst.port = dst->port;
	c->dst.pad = 0;
	c->dst.scope = 0;
	if (is_mapped(&c->dst, sk->family))
		c->h.flags |= NW_F_MAPPED;
	if (same_endpoint(&c->dst, &c->wire)) {
		c->dst.scope = c->wire.scope;
		__builtin_memset(&c->wire, 0, sizeof(c->wire));
	}
	c->proto = m->p.proto;
	c->count = 1;
	bpf_ringbuf_submit(c, flags);
	return close_message(m, NW_CLASS_CONNECT, true);
}

/* Reports the peer unless it is known; remembers it if that worked. */
static __always_inline int meet(struct __sk_buff *skb, enum nw_end end, enum nw_tier tier)
{
	__u32 value = NW_PEER_REPORTED;
	struct bpf_sock *sk = socket_of(skb);
	struct nw_message m;
	struct nw_state *st;
	struct nw_peer key;

	if (!sk || !parse_packet(skb, &m.p))
		return 0;
	st = make_state(sk);
	put_words(key.end.addr, m.p.dst);
	key.end.port = m.p.dest;
	put_end(sk, st, &m.p, end, &key.end);
	name_peer(&key, skb, m.p.proto);
	if (!bpf_map_lookup_elem(&udp_peers, &key)) {
		if (!ship_flow(skb, sk, &m, &key.end, 0, tier))
			return 0;
		bpf_map_update_elem(&udp_peers, &key, &value, BPF_ANY);
	}
	if (!st || m.p.proto != IPPROTO_UDP)
		return 0;
	put_words(st->peer, (__u32 *)key.end.addr);
	st->peer_port = key.end.port;
	return 0;
}

#define SENT_BY(suffix, tier)                                                                      \
	__noinline int announce_##suffix(void)                                                     \
	{                                                                                          \
		return announce_sender(tier);                                                      \
	}                                                                                          \
	__noinline int meet_##suffix(struct __sk_buff *skb, __u32 end)                             \
	{                                                                                          \
		return meet(skb, end, tier);                                                       \
	}                                                                                          \
	__noinline int ship_query_##suffix(struct __sk_buff *skb, __u32 off, __u32 n, __u64 id,    \
	                                   __u64 what)                                             \
	{                                                                                          \
		return ship(skb, off, n, id, what, tier);                                          \
	}

SENT_BY(typed, TIER_TYPED)
SENT_BY(probe, TIER_PROBE)

static __always_inline void announce_by(enum nw_tier tier)
{
	if (tier == TIER_TYPED)
		announce_typed();
	else if (tier == TIER_PROBE)
		announce_probe();
}

__noinline int meet_plain(struct __sk_buff *skb, __u32 end)
{
	return meet(skb, end, TIER_PLAIN);
}

/* A packet to a peer that is not the last one. */
static __always_inline void meet_by(struct __sk_buff *skb, enum nw_end end, enum nw_tier tier)
{
	announce_by(tier);
	if (tier == TIER_TYPED)
		meet_typed(skb, end);
	else if (tier == TIER_PROBE)
		meet_probe(skb, end);
	else
		meet_plain(skb, end);
}

static __always_inline bool is_last_peer(const struct nw_state *st, const struct nw_endpoint *e)
{
	return st && st->peer_port == e->port && same_words(st->peer, e->addr);
}

/* The datagrams of one packet: most often one. */
struct nw_cut {
	__u32 off;  /* where the first that is to be shipped begins */
	__u32 step; /* bytes of each but the last */
	bool any;   /* port 53: whatever the shape */
};

/* The ports, and whether any datagram of the packet is to be shipped if its port
 * does not say so: one load for both. */
static __always_inline bool load_datagram(struct __sk_buff *skb, struct nw_packet *p, bool *shaped,
                                          bool response)
{
	struct {
		__be16 ports[2];
		__u8 rest[4];
		struct nw_dns_head dns;
		__u8 more[3];
	} __attribute__((aligned(4))) udp;

	*shaped = false;
	if (load(skb, p->l4, &udp, NW_UDP_LOADED))
		*shaped = dns_shape(&udp.dns, response, skb->len - p->l4 - NW_UDP_HEADER);
	else if (bpf_skb_load_bytes(skb, p->l4, &udp, NW_UDP_HEADER))
		return false;
	set_ports(p, udp.ports);
	return true;
}

/* False: nothing is. */
static __always_inline bool find_datagrams(struct __sk_buff *skb, const struct nw_packet *p,
                                           struct nw_cut *cut, bool shaped, bool response)
{
	cut->off = p->l4 + NW_UDP_HEADER;
	cut->step = skb->gso_size;
	if (!cut->step) {
		cut->step = skb->len - cut->off;
		return cut->any || shaped;
	}
	if (!cut->any && !shaped)
		cut->off = find_dns(skb, cut->off, cut->step, response);
	return cut->off;
}

static __always_inline void ship_others(struct __sk_buff *skb, struct nw_cut *cut, __u64 id,
                                        __u64 what)
{
	if (skb->gso_size)
		ship_train(skb, cut->off + cut->step, cut->step,
		           what | (cut->any ? NW_WHAT_ANY : 0));
	else if (cut->step > NW_CHUNK)
		ship_rest(skb, cut->off, cut->step, id, what | (__u64)cut->step << NW_WHAT_TOTAL);
}

static __always_inline void ship_queries(struct __sk_buff *skb, struct bpf_sock *sk,
                                         struct nw_cut *cut, __u64 what, enum nw_tier tier)
{
	__u32 size = datagram_size(skb, cut->off, cut->step);
	__u64 id = bpf_get_prandom_u32();

	__u32 n = chunk_size(size, 0);

	make_state(sk);
	announce_by(tier);
	if (tier == TIER_TYPED)
		ship_query_typed(skb, cut->off, n, id, what | (__u64)size << NW_WHAT_TOTAL);
	else if (tier == TIER_PROBE)
		ship_query_probe(skb, cut->off, n, id, what | (__u64)size << NW_WHAT_TOTAL);
	else
		ship_stored(skb, cut->off, n, id, what | (__u64)size << NW_WHAT_TOTAL);
	ship_others(skb, cut, id, what);
}

static __always_inline void udp_out(struct __sk_buff *skb, struct bpf_sock *sk, struct nw_packet *p,
                                    enum nw_tier tier)
{
	struct nw_endpoint asked;
	struct nw_state *st;
	struct nw_cut cut;
	enum nw_end end;
	bool shaped;

	if (!load_datagram(skb, p, &shaped, false) || !load_addresses(skb, p))
		return;
	st = state_of(sk);
	end = addressed(sk, st, p, &asked, tier);
	if (!is_last_peer(st, &asked))
		meet_by(skb, end, tier);
	cut.any = p->dest == NW_PORT_DNS || asked.port == NW_PORT_DNS;
	if (find_datagrams(skb, p, &cut, shaped, false))
		ship_queries(skb, sk, &cut, (__u64)end << NW_WHAT_END, tier);
}

/* A new peer that speaks before we did: what goes back to it is a reply. */
static __always_inline void hear(struct __sk_buff *skb, struct nw_peer *peer)
{
	__u32 value = NW_PEER_SPOKE_FIRST;

	name_peer(peer, skb, IPPROTO_UDP);
	if (!bpf_map_lookup_elem(&udp_peers, peer))
		bpf_map_update_elem(&udp_peers, peer, &value, BPF_ANY);
}

static __always_inline void udp_in(struct __sk_buff *skb, struct bpf_sock *sk, struct nw_packet *p)
{
	__u64 id, what = NW_F_INGRESS;
	struct nw_state *st;
	struct nw_peer peer;
	struct nw_cut cut;
	bool shaped;
	__u32 size;

	if (!load_datagram(skb, p, &shaped, true) || !load_addresses(skb, p))
		return;
	put_words(peer.end.addr, p->src);
	peer.end.port = p->source;
	st = state_of(sk);
	if (!is_last_peer(st, &peer.end))
		hear(skb, &peer);
	cut.any = p->source == NW_PORT_DNS;
	if (!find_datagrams(skb, p, &cut, shaped, true))
		return;
	if (!st || !(st->marks & NW_MARK_IDENTITY))
		count(NW_ERROR_STORAGE_MISS);
	/* Not what a sendmsg asked: the answer may belong to another than the last. */
	if (st && st->asked_by == NW_ASKED_CONNECT && sk->dst_port)
		what |= (__u64)NW_END_ASKED << NW_WHAT_END;
	else if (sk->dst_port)
		what |= (__u64)NW_END_SOCKET << NW_WHAT_END;
	size = datagram_size(skb, cut.off, cut.step);
	id = bpf_get_prandom_u32();
	ship_stored(skb, cut.off, chunk_size(size, 0), id, what | (__u64)size << NW_WHAT_TOTAL);
	ship_others(skb, &cut, id, what);
}

/* Raw, ping, SCTP, UDP-Lite.  Kernel-made resets, echo replies and unreachables
 * leave on raw sockets of the kernel too: only what a program made has the mark. */
static __always_inline void other_out(struct __sk_buff *skb, struct bpf_sock *sk,
                                      struct nw_packet *p, enum nw_tier tier)
{
	struct nw_state *st = state_of(sk);
	struct nw_cut cut;
	bool shaped;

	if (!st || !(st->marks & NW_MARK_MADE) || !parse_packet(skb, p))
		return;
	meet_by(skb, NW_END_WIRE, tier);
	if (p->proto != IPPROTO_UDP || !load_datagram(skb, p, &shaped, false))
		return;
	cut.any = p->dest == NW_PORT_DNS;
	if (find_datagrams(skb, p, &cut, shaped, false))
		ship_queries(skb, sk, &cut, 0, tier);
}

#endif
