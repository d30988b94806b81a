/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What leaves and what comes in: DNS on any port, first datagrams, raw packets,
 * and SYNs that go elsewhere than asked.
 *
 * Only the client's side is reported, queries that leave and answers that come
 * in: else one look-up through a node's resolver would count six times.
 *
 * Egress runs before fragmentation and after the network namespace's own NAT,
 * ingress after reassembly and reverse NAT, before the program can read: the
 * two directions of one look-up may share no address, only the cookie.
 * Cannot see: AF_PACKET and AF_XDP, user-space stacks (gVisor), unix sockets to
 * a host resolver, sockmap-redirected streams.
 */
#include "lib/datagram.h"
#include "lib/stream.h"

static __always_inline int on_egress(struct __sk_buff *skb, enum nw_tier tier)
{
	struct bpf_sock *sk = socket_of(skb);
	struct nw_packet p;

	if (!sk || !find_transport(skb, &p))
		return 1;
	if (sk->type == SOCK_RAW || (p.proto != IPPROTO_TCP && p.proto != IPPROTO_UDP))
		other_out(skb, sk, &p, tier);
	else if (p.proto == IPPROTO_TCP)
		tcp_segment(skb, sk, &p, NW_OUT);
	else
		udp_out(skb, sk, &p, tier);
	return 1;
}

SEC("cgroup_skb/egress")
int on_egress_typed(struct __sk_buff *skb)
{
	return on_egress(skb, TIER_TYPED);
}

SEC("cgroup_skb/egress")
int on_egress_probe(struct __sk_buff *skb)
{
	return on_egress(skb, TIER_PROBE);
}

SEC("cgroup_skb/egress")
int on_egress_plain(struct __sk_buff *skb)
{
	return on_egress(skb, TIER_PLAIN);
}

/* Softirq: the current task is anybody's, so there is one tier.  A raw socket
 * gets a copy of every answer; it is not the one that asked. */
SEC("cgroup_skb/ingress")
int on_ingress_plain(struct __sk_buff *skb)
{
	struct bpf_sock *sk = socket_of(skb);
	struct nw_packet p;

	if (!sk || sk->type == SOCK_RAW || !find_transport(skb, &p))
		return 1;
	if (p.proto == IPPROTO_TCP)
		tcp_segment(skb, sk, &p, NW_IN);
	else if (p.proto == IPPROTO_UDP)
		udp_in(skb, sk, &p);
	return 1;
}
