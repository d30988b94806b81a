/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What programs ask the kernel for: connect, sendmsg, new sockets, and how TCP
 * connections end.
 *
 * connect4/6 run in pre_connect, before a root program of the CNI rewrites the
 * address if they are attached below the root.  They cannot see SCTP, UDP-Lite,
 * raw, packet, XDP or vsock sockets, nor ping sockets before 6.1: on_egress does.
 */
#include "lib/announce.h"
#include "lib/packet.h"

#define IPPROTO_ICMPV6 58

static __always_inline void identify_caller(struct nw_identity *who, struct task_struct *t,
					    enum nw_tier tier)
{
	if (tier == TIER_PLAIN)
		identify_plain(who);
	else
		identify(who, t, tier);
}

static __always_inline void put_asked(struct bpf_sock_addr *ctx, int family, struct nw_endpoint *e)
{
	__u32 *w = (__u32 *)e->addr;

	if (family == AF_INET) {
		put_v4(e->addr, ctx->user_ip4);
	} else {
		w[0] = ctx->user_ip6[0];
		w[1] = ctx->user_ip6[1];
		w[2] = ctx->user_ip6[2];
		w[3] = ctx->user_ip6[3];
	}
	e->port = bpf_ntohs((__u16)ctx->user_port);
}

static __always_inline bool is_mapped(const struct nw_endpoint *e, int sock_family)
{
	const __u32 *w = (const __u32 *)e->addr;

	return sock_family == AF_INET6 && !w[0] && !w[1] && w[2] == bpf_htonl(0xffff);
}

/* The socket's cgroup, where the kernel says it by type (5.15+). */
static __always_inline __u64 tcp_socket_cgroup(struct bpf_sock *sk, enum nw_tier tier)
{
	struct tcp_sock *tcp;

	if (tier == TIER_PLAIN || !bpf_core_field_exists(struct sock_cgroup_data, cgroup))
		return 0;
	tcp = bpf_skc_to_tcp_sock(sk);
	if (!tcp)
		return 0;
	return DIRECT(tier, tcp->inet_conn.icsk_inet.sk.sk_cgrp_data.cgroup->kn->id, tcp,
		      inet_conn.icsk_inet.sk.sk_cgrp_data.cgroup, kn, id);
}

static __always_inline int on_connect(struct bpf_sock_addr *ctx, int family, enum nw_tier tier)
{
	struct nw_connect c = {};
	struct task_struct *t;
	struct bpf_sock *sk = ctx->sk;

	if (!sk)
		return 1;
	put_asked(ctx, family, &c.dst);
	if (ctx->type != SOCK_STREAM)
		return 1;
	t = current_task(tier);
	identify_caller(&c.h.who, t, tier);
	c.h.who.netns_cookie = bpf_get_netns_cookie(ctx);
	c.h.who.sock_cgroup = tcp_socket_cgroup(sk, tier);
	/* Asking makes the cookie, which the tracepoint can then only read. */
	c.h.cookie = bpf_get_socket_cookie(ctx);
	c.h.kind = NW_CONNECT;
	if (is_mapped(&c.dst, sk->family))
		c.h.flags |= NW_F_MAPPED;
	c.proto = ctx->protocol;
	c.count = 1;
	announce_exe(&c.h, t, tier);
	send(NW_CLASS_CONNECT, &c.h, sizeof(c));
	return 1;
}

#define CONNECT(family, suffix, tier)                                                             \
	SEC("cgroup/connect" #family)                                                             \
	int on_connect##family##_##suffix(struct bpf_sock_addr *ctx)                              \
	{                                                                                         \
		return on_connect(ctx, family == 4 ? AF_INET : AF_INET6, tier);                   \
	}

CONNECT(4, typed, TIER_TYPED)
CONNECT(4, probe, TIER_PROBE)
CONNECT(4, plain, TIER_PLAIN)
CONNECT(6, typed, TIER_TYPED)
CONNECT(6, probe, TIER_PROBE)
CONNECT(6, plain, TIER_PLAIN)
