/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Payload into the ring: one record per NW_CHUNK bytes, in size classes.
 *
 * A record is reserved in one of four constant sizes (before 6.1 the verifier
 * takes no other); its header's length is what is used of it.
 */
#ifndef NAMEWARD_BPF_LIB_SHIP_H
#define NAMEWARD_BPF_LIB_SHIP_H

#include "emit.h"
#include "state.h"

/* A GSO packet holds up to 64 datagrams (UDP_MAX_SEGMENTS), from 6.9 on 128. */
#define NW_STEPS 132

/* Payload that is loaded into the first record itself: most queries and answers. */
#define NW_SMALL 128

struct nw_cut {
	__u64 id;   /* nw_payload.id of the first datagram */
	__u32 off;  /* where the first datagram begins */
	__u32 step; /* bytes of each but the last */
	bool any;   /* port 53: whatever the shape */
	struct nw_endpoint asked; /* the remote end as the program addressed it */
};

static __always_inline enum nw_class payload_class(const struct nw_payload *d)
{
	return d->h.flags & NW_F_INGRESS ? NW_CLASS_ANSWER : NW_CLASS_QUERY;
}

/* Reserves and fills the first record of a message, or returns NULL.  It is built
 * in the ring, not on the stack: there the verifier forgets what is in it, and
 * the many ways to fill it do not multiply with the loops that ship it. */
static __always_inline struct nw_payload *open_payload(struct __sk_buff *skb, struct nw_header *h,
						       struct nw_packet *p,
						       struct nw_endpoint *asked, int *flags)
{
	enum nw_class class = h->flags & NW_F_INGRESS ? NW_CLASS_ANSWER : NW_CLASS_QUERY;
	__u64 cgroup = loss_key(&h->who);
	struct nw_payload *d;

	h->time = bpf_ktime_get_boot_ns();
	stamp_loss(h, cgroup);
	*flags = admit(class, cgroup, h->time);
	if (*flags == NW_REFUSED)
		return NULL;
	d = bpf_ringbuf_reserve(&events, sizeof(*d) + NW_SMALL, 0);
	if (!d) {
		refused_by_ring(class, cgroup);
		return NULL;
	}
	forget(h);
	__builtin_memcpy(&d->h, h, sizeof(*h));
	put_ends(skb, p, class == NW_CLASS_QUERY, &d->local, &d->remote);
	__builtin_memset(&d->asked, 0, sizeof(d->asked));
	if (asked && !same_endpoint(asked, &d->remote))
		d->asked = *asked;
	d->id = 0;
	d->seq = 0;
	d->total = 0;
	d->offset = 0;
	return d;
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
	bump(NW_ERROR_LOAD);
	d->h.flags |= NW_F_TRUNCATED;
	d->h.length = sizeof(*d);
	d->size = 0;
}

static __always_inline bool ship_sized(struct __sk_buff *skb, struct nw_payload *d, __u32 off,
				       __u32 n, int flags, const __u32 room)
{
	struct nw_payload *record = bpf_ringbuf_reserve(&events, sizeof(*d) + room, 0);

	if (!record)
		return false;
	__builtin_memcpy(record, d, sizeof(*d));
	load_payload(skb, record, off, n, room);
	bpf_ringbuf_submit(record, flags);
	return true;
}

/* A copy of d with n bytes of payload, already admitted with flags. */
static __always_inline int ship_copy(struct __sk_buff *skb, struct nw_payload *d, __u32 off, __u32 n,
				int flags)
{
	bool sent;

	if (n <= 256)
		sent = ship_sized(skb, d, off, n, flags, 256);
	else if (n <= 1024)
		sent = ship_sized(skb, d, off, n, flags, 1024);
	else
		sent = ship_sized(skb, d, off, n, flags, NW_CHUNK);
	if (sent)
		bump(payload_class(d) * NW_FATES + NW_SENT);
	else
		refused_by_ring(payload_class(d), loss_key(&d->h.who));
	return 0;
}

__noinline int shape_at(struct __sk_buff *skb, __u32 off, __u32 size, bool response)
{
	struct nw_dns_head head;

	return !bpf_skb_load_bytes(skb, off, &head, NW_DNS_HEAD) && dns_shape(&head, response, size);
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

/* Closes what open_payload opened: with n bytes from off, in it or in a copy. */
static __always_inline void close_payload(struct __sk_buff *skb, struct nw_payload *d, __u32 off,
					  __u32 n, int flags)
{
	if (n > NW_SMALL) {
		ship_copy(skb, d, off, n, flags);
		bpf_ringbuf_discard(d, BPF_RB_NO_WAKEUP);
		return;
	}
	load_payload(skb, d, off, n, NW_SMALL);
	bump(payload_class(d) * NW_FATES + NW_SENT);
	bpf_ringbuf_submit(d, flags);
}

/* One more record of a packet whose first was shipped, from nothing but scalars:
 * so the verifier walks this once, and not at every turn of the loops below.
 * The identity is the one that the first left in the socket's storage. */
__noinline int ship_more(struct __sk_buff *skb, __u32 off, __u32 n, __u64 id, __u64 what)
{
	struct bpf_sock *sk = skb->sk;
	struct nw_header h = {};
	struct nw_payload *d;
	struct nw_packet p;
	int flags;

	if (!sk)
		return 0;
	sk = bpf_sk_fullsock(sk);
	if (!sk || !parse_ip(skb, &p) || !load_ports(skb, &p))
		return 0;
	h.kind = p.proto == IPPROTO_TCP ? NW_DNS_SEGMENT : NW_DNS_DATAGRAM;
	h.flags = (__u16)what;
	h.cookie = bpf_get_socket_cookie(skb);
	recall(&h, state_of(sk));
	h.who.sock_cgroup = bpf_skb_cgroup_id(skb);
	d = open_payload(skb, &h, &p, NULL, &flags);
	if (!d)
		return 0;
	if (p.proto == IPPROTO_TCP) {
		d->seq = (__u32)id;
	} else {
		d->id = id;
		d->total = what >> 16 & 0xffffff;
		d->offset = what >> 40;
	}
	close_payload(skb, d, off, n, flags);
	return 0;
}

/* The chunks of one datagram behind the first. */
__noinline int ship_rest(struct __sk_buff *skb, __u32 off, __u32 size, __u64 id, __u64 flags)
{
	__u32 n;
	int i;

	for (i = 1; i <= NW_MAX_DATAGRAM / NW_CHUNK; i++) {
		n = chunk_size(size, i);
		if (!n)
			break;
		ship_more(skb, off + i * NW_CHUNK, n, id,
			  flags | (__u64)size << 16 | (__u64)(i * NW_CHUNK) << 40);
	}
	return 0;
}

/* The chunks of a TCP segment behind the first. */
__noinline int ship_stream(struct __sk_buff *skb, __u32 off, __u32 size, __u32 seq, __u64 flags)
{
	__u32 n;
	int i;

	for (i = 1; i <= NW_MAX_DATAGRAM / NW_CHUNK; i++) {
		n = chunk_size(size, i);
		if (!n)
			break;
		ship_more(skb, off + i * NW_CHUNK, n, seq + i * NW_CHUNK, flags);
	}
	return 0;
}

/* The datagrams of a GSO packet behind the first.  One that is longer than a
 * chunk is cut; only a loopback's MTU allows that. */
__noinline int ship_train(struct __sk_buff *skb, __u32 off, __u32 step, bool any, __u64 flags)
{
	__u64 id = bpf_ktime_get_boot_ns();
	__u32 size;
	int i;

	for (i = 0; i < NW_STEPS; i++) {
		off += step;
		if (!any)
			off = find_dns(skb, off, step, flags & NW_F_INGRESS);
		size = datagram_size(skb, off, step);
		if (!off || !size)
			return 0;
		ship_more(skb, off, chunk_size(size, 0), id + i, flags | (__u64)size << 16);
	}
	count(NW_ERROR_STEPS);
	return 0;
}

/* The first record of a datagram or train; the others are for ship_others, which
 * is called after this one's stack is free. */
static __always_inline void ship_first(struct __sk_buff *skb, struct nw_payload *d,
				       struct nw_cut *cut, int flags)
{
	__u32 size = datagram_size(skb, cut->off, cut->step);

	d->id = cut->id;
	d->total = size;
	close_payload(skb, d, cut->off, chunk_size(size, 0), flags);
}

static __always_inline void ship_others(struct __sk_buff *skb, struct nw_cut *cut, __u64 flags)
{
	if (skb->gso_size)
		ship_train(skb, cut->off, cut->step, cut->any, flags);
	else if (cut->step > NW_CHUNK)
		ship_rest(skb, cut->off, cut->step, cut->id, flags);
}

#endif
