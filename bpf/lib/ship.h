/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Payload into the ring: one record per NW_CHUNK bytes, in size classes.
 *
 * A record is reserved in one of three constant sizes (before 6.1 the verifier
 * takes no other); its header's length is what is used of it.
 */
#ifndef NAMEWARD_BPF_LIB_SHIP_H
#define NAMEWARD_BPF_LIB_SHIP_H

#include "emit.h"
#include "state.h"

/* A GSO packet holds up to 64 datagrams (UDP_MAX_SEGMENTS), from 6.9 on 128. */
#define NW_STEPS       132

/* What a function that takes scalars is told of a message: nw_flag, the length of
 * the whole, the place of this part in it, and where the address is that was
 * asked.  Functions of scalars are global: the verifier walks each of them once,
 * whatever calls it, and forgets at their end what it found. */
#define NW_WHAT_TOTAL  16
#define NW_WHAT_OFFSET 36
#define NW_WHAT_END    56
#define NW_WHAT_ANY    (1ULL << 63) /* every datagram of a train, whatever its shape */
#define NW_WHAT_SIZE   0xfffff

struct nw_message {
	struct nw_packet p;
	struct nw_actor actor;
	__u64 id;
	__u64 what;
};

static __always_inline enum nw_class payload_class(__u64 what)
{
	return what & NW_F_INGRESS ? NW_CLASS_ANSWER : NW_CLASS_QUERY;
}

/* All of d but size and payload. */
static __noinline int put_payload(struct __sk_buff *skb, struct nw_payload *d, struct nw_message *m,
                                  bool stored)
{
	struct nw_endpoint *ends = &d->local;
	__u32 in = m->what & NW_F_INGRESS;
	struct bpf_sock *sk = socket_of(skb);
	struct nw_state *st;

	if (!sk)
		return 0;
	st = state_of(sk);
	put_actor(skb, st, &m->actor, &d->h, stored);
	d->h.flags |= (__u16)m->what;
	/* The local end first: NW_F_INGRESS is 1, and an index needs no branch. */
	put_source(skb, &m->p, ends + (in & 1));
	put_destination(skb, &m->p, ends + (~in & 1));
	__builtin_memset(&d->asked, 0, sizeof(d->asked));
	put_end(sk, st, &m->p, m->what >> NW_WHAT_END & 3, &d->asked);
	if (same_endpoint(&d->asked, &d->remote))
		__builtin_memset(&d->asked, 0, sizeof(d->asked));
	d->id = 0;
	d->seq = 0;
	if (m->p.proto == IPPROTO_TCP) {
		d->h.kind = NW_DNS_SEGMENT;
		d->seq = (__u32)m->id;
	} else {
		d->h.kind = NW_DNS_DATAGRAM;
		d->id = m->id;
	}
	d->total = m->what >> NW_WHAT_TOTAL & NW_WHAT_SIZE;
	d->offset = m->what >> NW_WHAT_OFFSET & NW_WHAT_SIZE;
	return 0;
}

/* Loads n bytes behind the record; room is a power of two. */
static __always_inline void load_payload(struct __sk_buff *skb, struct nw_payload *d, __u32 off,
                                         __u32 n, const __u32 room)
{
	d->size = n;
	d->h.length = sizeof(*d) + n;
	if (!n)
		return;
	/* Only this form keeps its bounds on every verifier since 5.10. */
	n = (n - 1) & (room - 1);
	barrier_var(n);
	if (!bpf_skb_load_bytes(skb, off, d + 1, n + 1))
		return;
	count(NW_ERROR_LOAD);
	d->h.flags |= NW_F_TRUNCATED;
	d->h.length = sizeof(*d);
	d->size = 0;
}

static __always_inline bool ship_sized(struct __sk_buff *skb, struct nw_message *m, __u32 off,
                                       __u32 n, int flags, const __u32 room, enum nw_tier tier)
{
	struct nw_payload *d = bpf_ringbuf_reserve(&events, sizeof(*d) + room, 0);

	if (!d)
		return false;
	put_payload(skb, d, m, tier == TIER_PLAIN);
	put_sender(skb, &d->h, tier);
	load_payload(skb, d, off, n, room);
	bpf_ringbuf_submit(d, flags);
	return true;
}

/* Fills m from the packet and the task; the flags to submit with, or NW_REFUSED. */
static __always_inline int open_message(struct __sk_buff *skb, struct nw_message *m,
                                        enum nw_class class, __u32 n, enum nw_tier tier)
{
	struct bpf_sock *sk = socket_of(skb);

	if (!sk || !parse_packet(skb, &m->p))
		return NW_REFUSED;
	if (!find_actor(skb, state_of(sk), &m->actor, tier))
		return NW_REFUSED;
	return admit(class, m->actor.cgroup, m->actor.now, n);
}

static __always_inline int close_message(struct nw_message *m, enum nw_class class, bool sent)
{
	if (sent)
		count_fate(class, NW_SENT);
	else
		refused_by_ring(class, m->actor.cgroup);
	return sent;
}

/* One record with the n bytes at off. */
static __always_inline int ship(struct __sk_buff *skb, __u32 off, __u32 n, __u64 id, __u64 what,
                                enum nw_tier tier)
{
	enum nw_class class = payload_class(what);
	struct nw_message m;
	bool sent;
	int flags;

	m.id = id;
	m.what = what;
	flags = open_message(skb, &m, class, n, tier);
	if (flags == NW_REFUSED)
		return 0;
	if (n <= 128) /* most queries and answers */
		sent = ship_sized(skb, &m, off, n, flags, 128, tier);
	else if (n <= 512)
		sent = ship_sized(skb, &m, off, n, flags, 512, tier);
	else
		sent = ship_sized(skb, &m, off, n, flags, NW_CHUNK, tier);
	return close_message(&m, class, sent);
}

/* By the identity in the socket's storage: answers, segments, later chunks. */
__noinline int ship_stored(struct __sk_buff *skb, __u32 off, __u32 n, __u64 id, __u64 what)
{
	return ship(skb, off, n, id, what, TIER_PLAIN);
}

__noinline int shape_at(struct __sk_buff *skb, __u32 off, __u32 size, bool response)
{
	struct nw_dns_head head;

	return !bpf_skb_load_bytes(skb, off, &head, NW_DNS_HEAD) &&
	       dns_shape(&head, response, size);
}

/* Bytes of the datagram at off, where every one but the last has `step`; 0: no
 * more.  A function of its own lets the verifier forget the comparisons. */
__noinline __u32 datagram_size(struct __sk_buff *skb, __u32 off, __u32 step)
{
	__u32 end = skb->len;

	if (off >= end)
		return 0;
	return end - off < step ? end - off : step;
}

/* Where the next DNS-shaped datagram of a GSO packet begins, from off on; 0: nowhere. */
__noinline __u32 find_dns(struct __sk_buff *skb, __u32 off, __u32 step, bool response)
{
	__u32 size;
	int i;

	for (i = 0; i < NW_STEPS; i++) {
		size = datagram_size(skb, off, step);
		if (!size)
			return 0;
		if (shape_at(skb, off, size, response))
			return off;
		off += step;
	}
	count(NW_ERROR_STEPS);
	return 0;
}

/* Bytes of the i-th chunk; 0: no more.  Global for the same reason. */
__noinline __u32 chunk_size(__u32 size, __u32 i)
{
	__u32 at = i * NW_CHUNK;

	if (at >= size)
		return 0;
	return size - at < NW_CHUNK ? size - at : NW_CHUNK;
}

/* The chunks of one datagram behind the first. */
__noinline int ship_rest(struct __sk_buff *skb, __u32 off, __u32 size, __u64 id, __u64 what)
{
	__u32 n;
	int i;

	for (i = 1; i <= NW_MAX_DATAGRAM / NW_CHUNK; i++) {
		n = chunk_size(size, i);
		if (!n)
			break;
		ship_stored(skb, off + i * NW_CHUNK, n, id,
		            what | (__u64)(i * NW_CHUNK) << NW_WHAT_OFFSET);
	}
	return 0;
}

/* The chunks of a TCP segment behind the first. */
__noinline int ship_stream(struct __sk_buff *skb, __u32 off, __u32 size, __u32 seq, __u64 what)
{
	__u32 n;
	int i;

	for (i = 1; i <= NW_MAX_DATAGRAM / NW_CHUNK; i++) {
		n = chunk_size(size, i);
		if (!n)
			break;
		ship_stored(skb, off + i * NW_CHUNK, n, seq + i * NW_CHUNK, what);
	}
	return 0;
}

/* One datagram of a GSO packet: the next from off on that is to be shipped.
 * Returns where the one after it begins; 0: there is none. */
__noinline __u32 ship_step(struct __sk_buff *skb, __u32 off, __u32 step, __u64 id, __u64 what)
{
	__u32 size;

	if (!(what & NW_WHAT_ANY)) {
		off = find_dns(skb, off, step, what & NW_F_INGRESS);
		if (!off)
			return 0;
	}
	size = datagram_size(skb, off, step);
	if (!size)
		return 0;
	ship_stored(skb, off, chunk_size(size, 0), id, what | (__u64)size << NW_WHAT_TOTAL);
	return off + step;
}

/* The datagrams of a GSO packet from off on.  One that is longer than a chunk is
 * cut; only a loopback's MTU allows that. */
__noinline int ship_train(struct __sk_buff *skb, __u32 off, __u32 step, __u64 what)
{
	__u64 id = bpf_ktime_get_boot_ns();
	int i;

	for (i = 0; i < NW_STEPS; i++) {
		off = ship_step(skb, off, step, id + i, what);
		if (!off)
			return 0;
	}
	count(NW_ERROR_STEPS);
	return 0;
}

#endif
