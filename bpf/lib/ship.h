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
#include "packet.h"

/* A datagram takes up to 17 chunks; a GSO packet holds up to 64 datagrams
 * (UDP_MAX_SEGMENTS, 128 from 6.9 on). */
#define NW_STEPS 132

static __always_inline bool ship_sized(struct __sk_buff *skb, struct nw_payload *p, __u32 off,
				       int flags, const __u32 room)
{
	struct nw_payload *record = bpf_ringbuf_reserve(&events, sizeof(*p) + room, 0);
	__u32 n = p->size;

	if (!record)
		return false;
	__builtin_memcpy(record, p, sizeof(*p));
	if (n) {
		/* Only this form keeps its bounds on every verifier since 5.10. */
		n = (n - 1) & (room - 1);
		barrier_var(n);
		if (bpf_skb_load_bytes(skb, off, record + 1, n + 1)) {
			count(NW_ERROR_LOAD);
			record->h.length = sizeof(*p);
			record->h.flags |= NW_F_TRUNCATED;
			record->size = 0;
		}
	}
	bpf_ringbuf_submit(record, flags);
	return true;
}

/* One record of `size` bytes from `off`; p is complete but for size and time. */
static __noinline int ship_chunk(struct __sk_buff *skb, struct nw_payload *p, __u32 off, __u32 size)
{
	enum nw_class class = p->h.flags & NW_F_INGRESS ? NW_CLASS_ANSWER : NW_CLASS_QUERY;
	__u64 cgroup = loss_key(&p->h.who);
	bool sent;
	int flags;

	p->size = size;
	p->h.length = sizeof(*p) + size;
	p->h.time = bpf_ktime_get_boot_ns();
	flags = admit(class, cgroup, p->h.time);
	if (flags == NW_REFUSED)
		return 0;
	stamp_loss(&p->h, cgroup);
	if (size <= 64)
		sent = ship_sized(skb, p, off, flags, 64);
	else if (size <= 256)
		sent = ship_sized(skb, p, off, flags, 256);
	else if (size <= 1024)
		sent = ship_sized(skb, p, off, flags, 1024);
	else
		sent = ship_sized(skb, p, off, flags, NW_CHUNK);
	if (sent)
		count_fate(class, NW_SENT);
	else
		refused_by_ring(class, cgroup);
	return 0;
}

__noinline int shape_at(struct __sk_buff *skb, __u32 off, __u32 size, bool response)
{
	struct nw_dns_head head;

	return !bpf_skb_load_bytes(skb, off, &head, NW_DNS_HEAD) && dns_shape(&head, response, size);
}

/* Where the next DNS-shaped datagram of a GSO packet begins, from off on; 0: nowhere. */
__noinline __u32 find_dns(struct __sk_buff *skb, __u32 off, __u32 step, bool response)
{
	__u32 end = skb->len, size;
	int i;

	for (i = 0; i < NW_STEPS; i++) {
		if (off >= end)
			return 0;
		size = end - off < step ? end - off : step;
		if (shape_at(skb, off, size, response))
			return off;
		off += step;
	}
	count(NW_ERROR_STEPS);
	return 0;
}

struct nw_cut {
	__u32 off;  /* where the first datagram begins */
	__u32 step; /* bytes of each but the last */
	bool any;   /* port 53: whatever the shape */
};

/* One datagram, in chunks. */
static __noinline int ship_datagram(struct __sk_buff *skb, struct nw_payload *p, __u32 off,
				    __u32 size)
{
	__u32 at, n;
	int i;

	p->id++;
	p->total = size;
	for (i = 0; i <= NW_MAX_DATAGRAM / NW_CHUNK; i++) {
		at = i * NW_CHUNK;
		if (i && at >= size)
			break;
		n = size - at;
		p->offset = at;
		ship_chunk(skb, p, off + at, n < NW_CHUNK ? n : NW_CHUNK);
	}
	return 0;
}

/* Every datagram of a GSO packet. */
static __noinline int ship_train(struct __sk_buff *skb, struct nw_payload *p, struct nw_cut *cut)
{
	bool response = p->h.flags & NW_F_INGRESS;
	__u32 off = cut->off, end = skb->len, size;
	int i;

	for (i = 0; i < NW_STEPS; i++) {
		if (!cut->any)
			off = find_dns(skb, off, cut->step, response);
		if (!off || off >= end)
			return 0;
		size = end - off;
		size = size < cut->step ? size : cut->step;
		p->id++;
		p->total = size;
		/* A segment above NW_CHUNK is cut: only a loopback MTU allows one. */
		ship_chunk(skb, p, off, size < NW_CHUNK ? size : NW_CHUNK);
		off += cut->step;
	}
	count(NW_ERROR_STEPS);
	return 0;
}

static __always_inline int ship_datagrams(struct __sk_buff *skb, struct nw_payload *p,
					  struct nw_cut *cut)
{
	if (skb->gso_size)
		return ship_train(skb, p, cut);
	return ship_datagram(skb, p, cut->off, skb->len - cut->off);
}

#endif
