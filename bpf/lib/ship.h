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
	if (room > 64 || n) {
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
static __noinline int ship_chunk(struct __sk_buff *skb, struct nw_payload *p, __u32 off, __u32 size,
				__u64 cgroup)
{
	enum nw_class class = p->h.flags & NW_F_INGRESS ? NW_CLASS_ANSWER : NW_CLASS_QUERY;
	bool sent;
	int flags;

	p->size = size;
	p->h.length = sizeof(*p) + size;
	p->h.time = bpf_ktime_get_boot_ns();
	flags = admit(class, cgroup, p->h.time);
	if (flags == NW_REFUSED)
		return 0;
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

struct nw_cut {
	__u32 off;  /* where the first datagram begins */
	__u32 step; /* bytes of each but the last */
	bool any;   /* port 53: whatever the shape */
};

/* Bytes of the i-th chunk; 0: no more.  Global for the same reason. */
__noinline __u32 chunk_size(__u32 size, __u32 i)
{
	__u32 at = i * NW_CHUNK;

	if (at >= size)
		return 0;
	return size - at < NW_CHUNK ? size - at : NW_CHUNK;
}

/* One datagram, in chunks. */
static __noinline int ship_datagram(struct __sk_buff *skb, struct nw_payload *p, __u32 off,
				    __u32 size)
{
	__u64 cgroup = loss_key(&p->h.who);
	__u32 n;
	int i;

	p->id++;
	p->total = size;
	for (i = 0; i <= NW_MAX_DATAGRAM / NW_CHUNK; i++) {
		n = chunk_size(size, i);
		if (i && !n)
			break;
		p->offset = i * NW_CHUNK;
		ship_chunk(skb, p, off + p->offset, n, cgroup);
	}
	return 0;
}

/* Every datagram of a GSO packet. */
static __noinline int ship_train(struct __sk_buff *skb, struct nw_payload *p, struct nw_cut *cut)
{
	bool response = p->h.flags & NW_F_INGRESS;
	__u64 cgroup = loss_key(&p->h.who);
	__u32 off = cut->off, size;
	int i;

	for (i = 0; i < NW_STEPS; i++) {
		if (!cut->any)
			off = find_dns(skb, off, cut->step, response);
		size = datagram_size(skb, off, cut->step);
		if (!off || !size)
			return 0;
		p->id++;
		p->total = size;
		/* A segment above NW_CHUNK is cut: only a loopback MTU allows one. */
		ship_chunk(skb, p, off, chunk_size(size, 0), cgroup);
		off += cut->step;
	}
	count(NW_ERROR_STEPS);
	return 0;
}

static __always_inline int ship_datagrams(struct __sk_buff *skb, struct nw_payload *p,
					  struct nw_cut *cut)
{
	stamp_loss(&p->h, loss_key(&p->h.who));
	if (skb->gso_size)
		return ship_train(skb, p, cut);
	return ship_datagram(skb, p, cut->off, skb->len - cut->off);
}

#endif
