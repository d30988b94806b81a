/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * DNS over TCP, on any port: told by the first NW_HEAD bytes of each direction,
 * then shipped segment by segment with sequence numbers; user space reassembles.
 *
 * A segment's place in its stream comes from the kernel's own byte counts, so a
 * bulk connection costs one failed storage look-up per packet and keeps nothing.
 * Storage is made for streams that pass, and for those whose first write is too
 * short to tell (one byte is enough to begin with).
 * Cannot see: the task (TCP leaves from softirq as well: join by cookie with the
 * connect, only port 53 keeps it); DNS that begins in the middle of a stream on
 * another port than 53; a stream whose first bytes are reordered (counted).
 */
#ifndef NAMEWARD_BPF_LIB_STREAM_H
#define NAMEWARD_BPF_LIB_STREAM_H

#include "ship.h"
#include "state.h"

/* RFC 1035 4.2.2: two bytes of length before the header. */
#define NW_HEAD (2 + NW_DNS_HEAD)

#define NW_TCP_FIN 0x01
#define NW_TCP_SYN 0x02
#define NW_TCP_ACK 0x10

#define NW_OUT 0
#define NW_IN  1

struct nw_tcp {
	__be16 source;
	__be16 dest;
	__be32 seq;
	__be32 ack;
	__u8 words; /* header length, in the upper half */
	__u8 flags;
	__be16 window;
};

struct nw_segment {
	__u64 at; /* place of the first byte in its direction's stream */
	__u32 seq;
	__u32 off;
	__u32 size;
	__u16 remote; /* port */
	__u8 flags;
	__u8 direction;
	__u32 pad;
};

/* bytes_acked counts the SYN of an active open; a passive one is off by one byte,
 * which nobody's DNS client is. */
static __always_inline bool place(struct bpf_sock *sk, struct nw_segment *s)
{
	struct bpf_tcp_sock *tp = bpf_tcp_sock(sk);
	__s64 at;

	if (!tp)
		return false;
	if (s->direction == NW_OUT)
		at = (__s64)tp->bytes_acked + (__s32)(s->seq - tp->snd_una) - 1;
	else
		at = (__s64)tp->bytes_received + (__s32)(s->seq - tp->rcv_nxt);
	s->at = at < 0 ? 0 : at;
	return true;
}

/* The bytes gathered before this segment, as a record of their own. */
static __always_inline void ship_prefix(struct nw_payload *d, const struct nw_stream *st,
					__u32 seq, __u32 size, int flags)
{
	__builtin_memcpy(d + 1, st->prefix, NW_PREFIX);
	d->seq = seq - 1;
	d->h.flags |= NW_F_SYN;
	d->size = size;
	d->h.length = sizeof(*d) + size;
	count_fate(payload_class(d), NW_SENT);
	bpf_ringbuf_submit(d, flags);
}

/* With the first byte of the stream goes the number of the SYN, so that the
 * reader knows where the stream begins. */
static __always_inline void ship_bytes(struct __sk_buff *skb, struct nw_payload *d,
				       struct nw_segment *s, int flags)
{
	d->seq = s->seq;
	if (!s->at) {
		d->seq--;
		d->h.flags |= NW_F_SYN;
	}
	if (s->flags & NW_TCP_FIN && s->size <= NW_CHUNK)
		d->h.flags |= NW_F_FIN;
	close_payload(skb, d, s->off, chunk_size(s->size, 0), flags);
}

/* prefix: bytes gathered before this segment, 0: none; then only those. */
static __noinline int ship_segment(struct __sk_buff *skb, struct bpf_sock *sk, struct nw_packet *p,
				   struct nw_segment *s, __u32 prefix)
{
	struct nw_state *st = state_of(sk);
	struct nw_endpoint asked = {};
	struct nw_header h = {};
	struct nw_payload *d;
	int flags;

	if (!st)
		return 0;
	h.kind = NW_DNS_SEGMENT;
	if (s->direction == NW_IN)
		h.flags |= NW_F_INGRESS;
	if (st->marks & NW_MARK_MIDSTREAM)
		h.flags |= NW_F_MIDSTREAM;
	h.cookie = bpf_get_socket_cookie(skb);
	recall(&h, st);
	h.who.sock_cgroup = bpf_skb_cgroup_id(skb);
	if (is_own(&h.who))
		return 0;
	put_remote(p, s->direction == NW_OUT, &asked);
	addressed(sk, st, p->v6, 0, &asked);
	d = open_payload(skb, &h, p, &asked, &flags);
	if (!d)
		return 0;
	if (prefix)
		ship_prefix(d, &st->stream[s->direction & 1], s->seq - prefix, prefix, flags);
	else
		ship_bytes(skb, d, s, flags);
	return 0;
}

static __always_inline bool head_shape(const __u8 *b, bool response)
{
	return dns_shape((const struct nw_dns_head *)(b + 2), response, be16_at(b));
}

enum nw_gather {
	NW_GATHER_OTHER,
	NW_GATHER_MORE,
	NW_GATHER_DNS,
};

/* Adds a short first segment to the prefix and judges it when it is long enough. */
static __noinline int gather(struct __sk_buff *skb, struct nw_stream *st, struct nw_segment *s)
{
	__u32 have = st->have & (NW_PREFIX - 1), n = s->size;

	if (s->at < have)
		return NW_GATHER_MORE; /* once more */
	if (s->at > have) {
		count(NW_ERROR_GAP);
		return NW_GATHER_OTHER;
	}
	if (n > NW_PREFIX - 1)
		n = NW_PREFIX - 1;
	n = (n - 1) & (NW_PREFIX - 1);
	barrier_var(n);
	if (bpf_skb_load_bytes(skb, s->off, st->prefix + have, n + 1))
		return NW_GATHER_OTHER;
	have += n + 1;
	st->have = have;
	if (have < NW_HEAD)
		return NW_GATHER_MORE;
	return head_shape(st->prefix, s->direction == NW_IN) ? NW_GATHER_DNS : NW_GATHER_OTHER;
}

#define NW_NOT_DNS (-1)

/* As judge, of a stream that nothing is known of yet. */
static __always_inline int judge_first(struct __sk_buff *skb, struct bpf_sock *sk,
				       struct nw_segment *s)
{
	bool in = s->direction == NW_IN;
	__u8 head[NW_PREFIX];
	struct nw_stream *stream;
	struct nw_state *st;
	int found, had = 0;

	if (!s->at && s->size >= NW_HEAD) {
		if (bpf_skb_load_bytes(skb, s->off, head, NW_HEAD) || !head_shape(head, in))
			return NW_NOT_DNS;
		st = make_state(sk);
		if (!st)
			return NW_NOT_DNS;
		st->stream[in].verdict = NW_VERDICT_DNS;
		return 0;
	}
	st = make_state(sk);
	if (!st)
		return NW_NOT_DNS;
	stream = &st->stream[in];
	had = stream->have;
	found = gather(skb, stream, s);
	if (found == NW_GATHER_OTHER)
		stream->verdict = NW_VERDICT_OTHER;
	if (found != NW_GATHER_DNS)
		return NW_NOT_DNS;
	stream->verdict = NW_VERDICT_DNS;
	return had;
}

/* Bytes of prefix to ship with this segment, or NW_NOT_DNS. */
static __always_inline int judge(struct __sk_buff *skb, struct bpf_sock *sk, struct nw_segment *s)
{
	struct nw_state *st = state_of(sk);
	bool in = s->direction == NW_IN;

	if (st && (st->stream[in].verdict == NW_VERDICT_DNS ||
		   st->stream[NW_OUT].verdict == NW_VERDICT_DNS))
		return 0;
	if (!s->size)
		return NW_NOT_DNS;
	if (s->remote == NW_PORT_DNS || (st && st->asked_by && st->asked_port == NW_PORT_DNS)) {
		st = make_state(sk);
		if (!st)
			return NW_NOT_DNS;
		st->stream[in].verdict = NW_VERDICT_DNS;
		if (s->at)
			st->marks |= NW_MARK_MIDSTREAM;
		return 0;
	}
	if ((st && st->stream[in].verdict == NW_VERDICT_OTHER) || s->at >= NW_HEAD)
		return NW_NOT_DNS;
	return judge_first(skb, sk, s);
}

/* A SYN that leaves for another address than the socket's own peer: translated
 * in this network namespace, where only the packet shows it. */
static __noinline int syn_wire(struct __sk_buff *skb, struct bpf_sock *sk, struct nw_packet *p)
{
	struct bpf_tcp_sock *tp = bpf_tcp_sock(sk);
	struct nw_connect c = {};

	if (tp && tp->total_retrans)
		return 0;
	c.dst.port = socket_peer(sk, p->v6, c.dst.addr);
	put_ends(skb, p, true, &c.src, &c.wire);
	if (!c.dst.port || same_endpoint(&c.dst, &c.wire))
		return 0;
	c.h.kind = NW_WIRE;
	c.h.cookie = bpf_get_socket_cookie(skb);
	recall(&c.h, state_of(sk));
	c.h.who.sock_cgroup = bpf_skb_cgroup_id(skb);
	if (is_own(&c.h.who))
		return 0;
	c.proto = IPPROTO_TCP;
	c.count = 1;
	send(NW_CLASS_CONNECT, &c.h, sizeof(c));
	return 0;
}

static __always_inline void tcp_segment(struct __sk_buff *skb, struct bpf_sock *sk,
					struct nw_packet *p, const __u8 direction)
{
	struct nw_segment s = {};
	struct nw_tcp tcp;
	int prefix;

	if (bpf_skb_load_bytes(skb, p->l4, &tcp, sizeof(tcp)))
		return;
	s.off = p->l4 + (tcp.words >> 4) * 4;
	s.size = skb->len > s.off ? skb->len - s.off : 0;
	s.flags = tcp.flags;
	if (!s.size && !(tcp.flags & (NW_TCP_SYN | NW_TCP_FIN)))
		return;
	s.direction = direction;
	s.seq = bpf_ntohl(tcp.seq);
	p->source = bpf_ntohs(tcp.source);
	p->dest = bpf_ntohs(tcp.dest);
	s.remote = direction == NW_OUT ? p->dest : p->source;
	if (tcp.flags & NW_TCP_SYN) {
		s.seq++; /* TCP Fast Open sends data with the SYN */
		if (direction == NW_OUT && !(tcp.flags & NW_TCP_ACK))
			syn_wire(skb, sk, p);
		if (!s.size)
			return;
	}
	if (!place(sk, &s))
		return;
	if (s.at >= NW_HEAD && s.remote != NW_PORT_DNS && !state_of(sk))
		return;
	prefix = judge(skb, sk, &s);
	if (prefix == NW_NOT_DNS)
		return;
	if (prefix)
		ship_segment(skb, sk, p, &s, prefix);
	ship_segment(skb, sk, p, &s, 0);
	if (s.size > NW_CHUNK)
		ship_stream(skb, s.off, s.size, s.seq, direction == NW_IN ? NW_F_INGRESS : 0);
}

#endif
