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

#include "datagram.h"

/* RFC 1035 4.2.2: two bytes of length before the header. */
#define NW_HEAD    (2 + NW_DNS_HEAD)

#define NW_TCP_FIN 0x01
#define NW_TCP_SYN 0x02
#define NW_TCP_ACK 0x10

#define NW_OUT     0
#define NW_IN      1

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

/* The bytes gathered before this segment, as a record of their own.  seq: of the
 * SYN. */
__noinline int ship_prefix(struct __sk_buff *skb, __u32 seq, __u32 n, __u64 what)
{
	enum nw_class class = payload_class(what);
	struct bpf_sock *sk = socket_of(skb);
	struct nw_state *st = sk ? state_of(sk) : NULL;
	struct nw_payload *d;
	struct nw_message m;
	int flags;

	if (!st)
		return 0;
	m.id = seq;
	m.what = what | NW_F_SYN;
	flags = open_message(skb, &m, class, 0, TIER_PLAIN);
	if (flags == NW_REFUSED)
		return 0;
	d = bpf_ringbuf_reserve(&events, sizeof(*d) + NW_PREFIX, 0);
	if (!d)
		return close_message(&m, class, false);
	put_payload(skb, d, &m, true);
	__builtin_memcpy(d + 1, st->stream[class == NW_CLASS_ANSWER].prefix, NW_PREFIX);
	d->size = n;
	d->h.length = sizeof(*d) + n;
	bpf_ringbuf_submit(d, flags);
	return close_message(&m, class, true);
}

/* A segment of a stream that speaks DNS.  With the first byte of the stream goes
 * the number of the SYN, so that the reader knows where the stream begins. */
static __always_inline void ship_segment(struct __sk_buff *skb, const struct nw_segment *s,
                                         __u64 what)
{
	__u64 first = what;
	__u32 seq = s->seq;

	if (!s->at) {
		seq--;
		first |= NW_F_SYN;
	}
	if (s->flags & NW_TCP_FIN && s->size <= NW_CHUNK)
		first |= NW_F_FIN;
	ship_stored(skb, s->off, chunk_size(s->size, 0), seq, first);
	if (s->size > NW_CHUNK)
		ship_stream(skb, s->off, s->size, s->seq, what);
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
static __always_inline int gather(struct __sk_buff *skb, struct nw_stream *st, struct nw_segment *s)
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

/* Tells whether a segment belongs to DNS, and ships it.  how: the direction, the
 * TCP flags from bit 8, and the remote port from bit 16. */
__noinline int tcp_message(struct __sk_buff *skb, __u64 at, __u32 off, __u32 seq, __u64 how)
{
	struct nw_segment s = {
	    .at = at,
	    .seq = seq,
	    .off = off,
	    .size = skb->len > off ? skb->len - off : 0,
	    .remote = how >> 16,
	    .flags = how >> 8,
	    .direction = how & 1,
	};
	struct bpf_sock *sk = socket_of(skb);
	struct nw_state *st;
	__u64 what = 0;
	int prefix;

	if (!sk)
		return 0;
	prefix = judge(skb, sk, &s);
	if (prefix == NW_NOT_DNS)
		return 0;
	st = state_of(sk);
	if (!st)
		return 0;
	if (s.direction == NW_IN)
		what |= NW_F_INGRESS;
	if (st->marks & NW_MARK_MIDSTREAM)
		what |= NW_F_MIDSTREAM;
	what |= (__u64)(st->asked_by ? NW_END_ASKED : NW_END_SOCKET) << NW_WHAT_END;
	if (prefix)
		ship_prefix(skb, s.seq - prefix - 1, prefix, what);
	ship_segment(skb, &s, what);
	return 0;
}

/* Whether it leaves for another address than the socket's own peer, which is in
 * `peer` then: translated in this network namespace. */
static __always_inline bool is_translated(struct bpf_sock *sk, const struct nw_packet *p,
                                          __u16 port, struct nw_endpoint *peer)
{
	peer->port = socket_peer(sk, p->v6, peer->addr);
	return peer->port && !(peer->port == port && same_words(peer->addr, (__u8 *)p->dst));
}

/* A SYN that is translated, which only the packet shows.  Not one that goes to a
 * proxy of the pod itself: that one connects in its own name. */
__noinline int syn_wire(struct __sk_buff *skb)
{
	struct bpf_sock *sk = socket_of(skb);
	struct bpf_tcp_sock *tp;
	struct nw_endpoint peer;
	struct nw_message m;

	if (!sk || !parse_packet(skb, &m.p) || is_loopback(m.p.dst))
		return 0;
	tp = bpf_tcp_sock(sk);
	if (tp && tp->total_retrans)
		return 0;
	if (!is_translated(sk, &m.p, m.p.dest, &peer))
		return 0;
	return ship_flow(skb, sk, &m, &peer, NW_WIRE, TIER_PLAIN);
}

static __always_inline void tcp_segment(struct __sk_buff *skb, struct bpf_sock *sk,
                                        struct nw_packet *p, const __u8 direction)
{
	struct nw_endpoint peer;
	struct nw_segment s;
	struct nw_tcp tcp;

	if (!load(skb, p->l4, &tcp, sizeof(tcp)))
		return;
	s.off = p->l4 + (tcp.words >> 4) * 4;
	s.flags = tcp.flags;
	s.direction = direction;
	s.seq = bpf_ntohl(tcp.seq);
	if (tcp.flags & NW_TCP_SYN) {
		s.seq++; /* TCP Fast Open sends data with the SYN */
		if (direction == NW_OUT && !(tcp.flags & NW_TCP_ACK) && load_addresses(skb, p) &&
		    is_translated(sk, p, bpf_ntohs(tcp.dest), &peer))
			syn_wire(skb);
	}
	/* The end of a stream matters if its beginning did. */
	if (skb->len <= s.off &&
	    (tcp.flags & NW_TCP_SYN || !(tcp.flags & NW_TCP_FIN) || !state_of(sk)))
		return;
	if (!place(sk, &s))
		return;
	s.remote = bpf_ntohs(direction == NW_OUT ? tcp.dest : tcp.source);
	if (s.at >= NW_HEAD && s.remote != NW_PORT_DNS && !state_of(sk))
		return;
	tcp_message(skb, s.at, s.off, s.seq,
	            (__u64)s.remote << 16 | (__u64)s.flags << 8 | direction);
}

#endif
