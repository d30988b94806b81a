/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What leaves and what comes in: DNS on any port, first datagrams, raw packets,
 * and SYNs that go elsewhere than asked.
 *
 * Only the client's side is reported: queries that leave and answers that come
 * in, or else one look-up through a node's resolver would count six times.
 *
 * Egress runs before fragmentation and after the network namespace's own NAT,
 * ingress after reassembly and reverse NAT, before the program can read: the
 * two directions of one look-up may share no address, only the cookie.
 * UDP leaves in the task that sends it, also on a socket inherited over fork;
 * nothing else here has a task that can be trusted.
 * Cannot see: AF_PACKET and AF_XDP, user-space stacks (gVisor), unix sockets to
 * a host resolver, sockmap-redirected streams.
 */
#include "lib/announce.h"
#include "lib/ship.h"

struct nw_udp {
	__be16 source;
	__be16 dest;
	__be16 length;
	__be16 check;
};

static __always_inline struct nw_state *state_of(struct bpf_sock *sk)
{
	return bpf_sk_storage_get(&sockets, sk, NULL, 0);
}

static __always_inline struct nw_state *make_state(struct bpf_sock *sk)
{
	struct nw_state *st = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);

	if (!st)
		count(NW_ERROR_STORAGE_FULL);
	return st;
}

static __always_inline void remember(struct nw_state *st, const struct nw_identity *who)
{
	if (!st)
		return;
	__builtin_memcpy(&st->who, who, sizeof(*who));
	st->marks |= NW_MARK_IDENTITY;
}

/* Whole datagrams behind the header at p->l4; sets cut and tells if any is DNS. */
static __always_inline bool find_datagrams(struct __sk_buff *skb, struct nw_packet *p,
					   struct nw_cut *cut, bool response)
{
	__u32 off = p->l4 + sizeof(struct nw_udp), size = skb->len - off;
	__u32 step = skb->gso_size;

	cut->off = off;
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
	struct nw_payload d = {};
	struct task_struct *t = current_task(tier);
	struct nw_udp udp;

	if (bpf_skb_load_bytes(skb, p->l4, &udp, sizeof(udp)))
		return 0;
	d.h.kind = NW_DNS_DATAGRAM;
	d.h.cookie = bpf_get_socket_cookie(skb);
	identify(&d.h.who, t, tier);
	d.h.who.sock_cgroup = bpf_skb_cgroup_id(skb);
	packet_source(p, d.local.addr);
	d.local.port = bpf_ntohs(udp.source);
	packet_destination(p, d.remote.addr);
	d.remote.port = bpf_ntohs(udp.dest);
	d.id = bpf_ktime_get_boot_ns();
	remember(make_state(sk), &d.h.who);
	announce_exe(&d.h, t, tier);
	return ship_datagrams(skb, &d, cut);
}

static __noinline int udp_answer(struct __sk_buff *skb, struct bpf_sock *sk, struct nw_packet *p,
				 struct nw_cut *cut)
{
	struct nw_payload d = {};
	struct nw_state *st = state_of(sk);
	struct nw_udp udp;

	if (bpf_skb_load_bytes(skb, p->l4, &udp, sizeof(udp)))
		return 0;
	d.h.kind = NW_DNS_DATAGRAM;
	d.h.flags = NW_F_INGRESS;
	d.h.cookie = bpf_get_socket_cookie(skb);
	if (st && st->marks & NW_MARK_IDENTITY) {
		__builtin_memcpy(&d.h.who, &st->who, sizeof(st->who));
		d.h.flags |= NW_F_STORED_TASK;
	} else {
		d.h.flags |= NW_F_NO_TASK;
		count(NW_ERROR_STORAGE_MISS);
	}
	d.h.who.sock_cgroup = bpf_skb_cgroup_id(skb);
	packet_destination(p, d.local.addr);
	d.local.port = bpf_ntohs(udp.dest);
	packet_source(p, d.remote.addr);
	d.remote.port = bpf_ntohs(udp.source);
	d.id = bpf_ktime_get_boot_ns();
	return ship_datagrams(skb, &d, cut);
}

static __always_inline int on_egress(struct __sk_buff *skb, enum nw_tier tier)
{
	struct bpf_sock *sk = skb->sk;
	struct nw_packet p;
	struct nw_cut cut = {};
	struct nw_udp udp;

	if (!sk)
		return 1;
	sk = bpf_sk_fullsock(sk);
	if (!sk || !parse_ip(skb, &p))
		return 1;
	if (p.proto != IPPROTO_UDP || bpf_skb_load_bytes(skb, p.l4, &udp, sizeof(udp)))
		return 1;
	cut.any = udp.dest == bpf_htons(NW_PORT_DNS);
	if (find_datagrams(skb, &p, &cut, false))
		udp_query(skb, sk, &p, &cut, tier);
	return 1;
}

static __always_inline int on_ingress(struct __sk_buff *skb, enum nw_tier tier)
{
	struct bpf_sock *sk = skb->sk;
	struct nw_packet p;
	struct nw_cut cut = {};
	struct nw_udp udp;

	(void)tier;
	if (!sk)
		return 1;
	sk = bpf_sk_fullsock(sk);
	if (!sk || sk->type == SOCK_RAW || !parse_ip(skb, &p))
		return 1;
	if (p.proto != IPPROTO_UDP || bpf_skb_load_bytes(skb, p.l4, &udp, sizeof(udp)))
		return 1;
	cut.any = udp.source == bpf_htons(NW_PORT_DNS);
	if (find_datagrams(skb, &p, &cut, true))
		udp_answer(skb, sk, &p, &cut);
	return 1;
}

#define PACKETS(suffix, tier)                                                                     \
	SEC("cgroup_skb/egress")                                                                  \
	int on_egress_##suffix(struct __sk_buff *skb)                                             \
	{                                                                                         \
		return on_egress(skb, tier);                                                      \
	}

PACKETS(typed, TIER_TYPED)
PACKETS(probe, TIER_PROBE)
PACKETS(plain, TIER_PLAIN)

SEC("cgroup_skb/ingress")
int on_ingress_plain(struct __sk_buff *skb)
{
	return on_ingress(skb, TIER_PLAIN);
}
