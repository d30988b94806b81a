/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * IP headers and the shape of a DNS message.
 *
 * Headers are read from the packet itself where they are linear.  Payload is not
 * (a TCP segment leaves with 52 of 9052 bytes linear): a helper loads it.
 */
#ifndef NAMEWARD_BPF_LIB_PACKET_H
#define NAMEWARD_BPF_LIB_PACKET_H

#include "emit.h"

#define IPPROTO_ICMP         1
#define IPPROTO_TCP          6
#define IPPROTO_UDP          17
#define IPPROTO_SCTP         132
#define IPPROTO_UDPLITE      136
#define IPPROTO_MPTCP        262

/* RFC 8200 4.1 lists six kinds, destination options twice. */
#define NW_EXTENSION_HEADERS 8
/* The transport header's place in nearly every packet: IPv4 with options is 60. */
#define NW_LINEAR            64

/* A zero that the verifier does not know: it tells a stack with zeros from one with
 * unknown bytes, and would walk what follows once for IPv4 and once for IPv6. */
__u32 zero = 0;

static __always_inline void put_v4(__u8 addr[16], __be32 ip)
{
	__u32 *w = (__u32 *)addr;

	w[0] = zero;
	w[1] = zero;
	w[2] = bpf_htonl(0xffff) + zero;
	w[3] = ip;
}

static __always_inline void put_words(__u8 addr[16], const __u32 *from)
{
	__u32 *w = (__u32 *)addr;

	w[0] = from[0];
	w[1] = from[1];
	w[2] = from[2];
	w[3] = from[3];
}

/* Addresses in 16 bytes, IPv4 mapped: nothing after the parsing asks which it was
 * but for the family that the socket's own peer is kept in. */
struct nw_packet {
	__u32 src[4];
	__u32 dst[4];
	__u32 l4;     /* offset of the transport header */
	__u16 source; /* ports, host order; 0 where the protocol has none */
	__u16 dest;
	__u8 proto;
	__u8 v6;
	__u8 pad[2];
};

static __always_inline bool is_extension(__u8 header)
{
	return header == 0 || header == 43 || header == 44 || header == 51 || header == 60;
}

/* The offset of the transport header and, in the last byte, its protocol; 0: too
 * many headers, or a fragment that is not the first.  Called with an extension at
 * hand, so that the loop ends in its condition: kernels up to 6.1 refuse a loop
 * that falls through to its own beginning ("back-edge"). */
__noinline __u32 skip_extensions(struct __sk_buff *skb, __u32 off, __u32 proto)
{
	__u32 length;
	__u8 ext[4];
	int i;

	for (i = 0; i < NW_EXTENSION_HEADERS; i++) {
		if (bpf_skb_load_bytes(skb, off, ext, sizeof(ext)))
			return 0;
		length = (ext[1] + 1) * 8;
		if (proto == 51) /* RFC 4302 2.2 counts in fours */
			length = (ext[1] + 2) * 4;
		if (proto == 44) {
			if (ext[2] || ext[3] & 0xf8)
				return 0;
			length = 8;
		}
		off += length;
		proto = ext[0];
		if (!is_extension(proto))
			return off << 8 | proto;
	}
	bump(NW_ERROR_HEADERS);
	return 0;
}

/* n bytes, a multiple of 4, from off on.  Straight from the packet where they lie
 * in its linear part, as headers do: a helper costs as much as all else that is
 * done with a bulk packet. */
static __always_inline bool load(struct __sk_buff *skb, __u32 off, void *to, const __u32 n)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__u32 *words = to, *from, i;

	if (off <= NW_LINEAR) {
		from = data + off;
		if ((void *)from + n <= end) {
#pragma unroll
			for (i = 0; i < n / 4; i++)
				words[i] = from[i];
			return true;
		}
	}
	return !bpf_skb_load_bytes(skb, off, to, n);
}

/* Where the transport header lies, and which it is.  Branches on the version
 * nibble, 4 or 6: an IPv6 socket may carry IPv4. */
static __always_inline bool find_transport(struct __sk_buff *skb, struct nw_packet *p)
{
	__u32 words[3];
	__u8 *head = (__u8 *)words;
	__u32 found;

	if (!load(skb, 0, words, sizeof(words)))
		return false;
	p->v6 = head[0] >> 5 & 1;
	if (!p->v6) {
		p->l4 = (head[0] & 15) * 4;
		p->proto = head[9];
		return !(head[6] & 0x1f) && !head[7]; /* not a later fragment */
	}
	p->l4 = 40 + zero;
	p->proto = head[6];
	if (!is_extension(p->proto))
		return true;
	found = skip_extensions(skb, 40, p->proto);
	p->l4 = found >> 8;
	p->proto = (__u8)found;
	return found;
}

static __always_inline bool load_addresses(struct __sk_buff *skb, struct nw_packet *p)
{
	__be32 v4[2];

	if (p->v6)
		return load(skb, 8, p->src, 32);
	if (!load(skb, 12, v4, sizeof(v4)))
		return false;
	put_v4((__u8 *)p->src, v4[0]);
	put_v4((__u8 *)p->dst, v4[1]);
	return true;
}

static __always_inline bool has_ports(__u8 proto)
{
	return proto == IPPROTO_UDP || proto == IPPROTO_TCP || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_UDPLITE;
}

static __always_inline void set_ports(struct nw_packet *p, const __be16 ports[2])
{
	p->source = bpf_ntohs(ports[0]);
	p->dest = bpf_ntohs(ports[1]);
}

/* All of it, for the functions that begin again with nothing but the packet. */
static __always_inline bool parse_packet(struct __sk_buff *skb, struct nw_packet *p)
{
	__be16 ports[2];

	if (!find_transport(skb, p) || !load_addresses(skb, p))
		return false;
	if (bpf_skb_load_bytes(skb, p->l4, ports, sizeof(ports)) || !has_ports(p->proto)) {
		ports[0] = zero;
		ports[1] = zero;
	}
	set_ports(p, ports);
	return true;
}

/* Without a branch for each word: the verifier walks both sides of every one. */
static __always_inline bool same_words(const __u8 *a, const __u8 *b)
{
	const __u32 *x = (const __u32 *)a, *y = (const __u32 *)b;

	return !((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]));
}

static __always_inline bool is_mapped(const struct nw_endpoint *e, int socket_family)
{
	const __u32 *w = (const __u32 *)e->addr;

	return socket_family == AF_INET6 && !(w[0] | w[1] | (w[2] ^ bpf_htonl(0xffff)));
}

/* 127.0.0.0/8, mapped, or ::1. */
static __always_inline bool is_loopback(const __u32 a[4])
{
	__u32 high = a[0] | a[1];

	return (!(high | (a[2] ^ bpf_htonl(0xffff))) && (bpf_ntohl(a[3]) >> 24) == 127) ||
	       !(high | a[2] | (a[3] ^ bpf_htonl(1)));
}

static __always_inline __u32 link_scope(const __u8 addr[16], __u32 ifindex)
{
	return addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80 ? ifindex : 0;
}

static __always_inline void put_source(struct __sk_buff *skb, const struct nw_packet *p,
                                       struct nw_endpoint *e)
{
	put_words(e->addr, p->src);
	e->port = p->source;
	e->pad = 0;
	e->scope = link_scope(e->addr, skb->ifindex);
}

static __always_inline void put_destination(struct __sk_buff *skb, const struct nw_packet *p,
                                            struct nw_endpoint *e)
{
	put_words(e->addr, p->dst);
	e->port = p->dest;
	e->pad = 0;
	e->scope = link_scope(e->addr, skb->ifindex);
}

static __always_inline bool same_endpoint(const struct nw_endpoint *a, const struct nw_endpoint *b)
{
	return !((a->port ^ b->port) | !same_words(a->addr, b->addr));
}

/* A DNS header (RFC 1035 4.1.1) and the byte after it, the first label's length. */
#define NW_DNS_HEAD 13

struct nw_dns_head {
	__u8 id[2];
	__u8 flags[2];
	__u8 counts[8];
	__u8 label;
};

static __always_inline __u32 be16_at(const __u8 *b)
{
	return (__u32)b[0] << 8 | b[1];
}

/* Random bytes pass as a query with 2^-68, as a response with 2^-52. */
static __always_inline bool dns_shape(const struct nw_dns_head *d, bool response, __u32 length)
{
	__u32 an = be16_at(d->counts + 2), ns = be16_at(d->counts + 4), ar = be16_at(d->counts + 6);

	if (length < 17 || !!(d->flags[0] & 0x80) != response)
		return false;
	if (d->flags[0] & 0x78 || d->flags[1] & 0x40) /* opcode QUERY, Z clear */
		return false;
	if (be16_at(d->counts) != 1 || d->label > 63)
		return false;
	if (!response)
		return !an && !ns && ar <= 3;
	return an <= 64 && ns <= 64 && ar <= 64 && 12 + 2 * (an + ns + ar) <= length;
}

#endif
