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
#include "lib/state.h"

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

/* What a UDP socket, or a TCP one on its way to port 53, was told to address. */
static __always_inline void note_asked(struct bpf_sock_addr *ctx, const struct nw_endpoint *e,
                                       enum nw_asked_by by, enum nw_tier tier)
{
	struct nw_state *st =
	    bpf_sk_storage_get(&sockets, ctx->sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);

	if (!st) {
		count(NW_ERROR_STORAGE_FULL);
		return;
	}
	put_words(st->asked, (__u32 *)e->addr);
	st->asked_port = e->port;
	st->asked_by = by;
	st->asked_tid = (__u32)bpf_get_current_pid_tgid();
	/* Egress has no helper that names the task: in this tier it asks here. */
	if (tier == TIER_PLAIN) {
		identify_plain(&st->who);
		st->marks |= NW_MARK_IDENTITY;
	}
}

/* A UDP connect sends nothing: resolver libraries connect to every candidate
 * address to sort them (RFC 6724).  Egress reports what is sent. */
static __always_inline void connect_datagram(struct bpf_sock_addr *ctx, const struct nw_endpoint *e,
                                             enum nw_tier tier)
{
	struct bpf_sock *sk = ctx->sk;

	if (ctx->protocol != IPPROTO_UDP)
		return;
	if (e->port == NW_PORT_DNS || tier == TIER_PLAIN ||
	    bpf_sk_storage_get(&sockets, sk, NULL, 0))
		note_asked(ctx, e, NW_ASKED_CONNECT, tier);
}

static __always_inline int on_connect(struct bpf_sock_addr *ctx, int family, enum nw_tier tier)
{
	struct nw_connect c = {};
	struct task_struct *t;
	struct bpf_sock *sk = ctx->sk;
	struct nw_state *st;

	if (!sk)
		return 1;
	put_asked(ctx, family, &c.dst);
	if (ctx->type != SOCK_STREAM) {
		connect_datagram(ctx, &c.dst, tier);
		return 1;
	}
	t = current_task(tier);
	identify_caller(&c.h.who, t, tier);
	c.h.who.netns_cookie = bpf_get_netns_cookie(ctx);
	c.h.who.sock_cgroup = tcp_socket_cgroup(sk, tier);
	if (is_own(&c.h.who))
		return 1;
	/* Asking makes the cookie, which the tracepoint can then only read. */
	c.h.cookie = bpf_get_socket_cookie(ctx);
	c.h.kind = NW_CONNECT;
	if (is_mapped(&c.dst, sk->family))
		c.h.flags |= NW_F_MAPPED;
	c.proto = ctx->protocol;
	c.count = 1;
	announce_exe(&c.h);
	send(NW_CLASS_CONNECT, &c.h, sizeof(c));
	if (c.dst.port != NW_PORT_DNS)
		return 1;
	note_asked(ctx, &c.dst, NW_ASKED_CONNECT, tier);
	st = bpf_sk_storage_get(&sockets, sk, NULL, 0);
	if (st)
		remember(st, &c.h.who);
	return 1;
}

/* Runs for each datagram of a sendmsg with an address, and for a connected
 * socket with control data, where it says family 0 and no address. */
static __always_inline int on_sendmsg(struct bpf_sock_addr *ctx, int family, enum nw_tier tier)
{
	struct nw_endpoint e = {};

	if (!ctx->sk || !ctx->user_family)
		return 1;
	put_asked(ctx, family, &e);
	if (e.port)
		note_asked(ctx, &e, NW_ASKED_SENDMSG, tier);
	return 1;
}

#define ADDRESSED(hook, family, suffix, tier)                                                      \
	SEC("cgroup/" #hook #family)                                                               \
	int on_##hook##family##_##suffix(struct bpf_sock_addr *ctx)                                \
	{                                                                                          \
		return on_##hook(ctx, family == 4 ? AF_INET : AF_INET6, tier);                     \
	}

ADDRESSED(connect, 4, typed, TIER_TYPED)
ADDRESSED(connect, 4, probe, TIER_PROBE)
ADDRESSED(connect, 4, plain, TIER_PLAIN)
ADDRESSED(connect, 6, typed, TIER_TYPED)
ADDRESSED(connect, 6, probe, TIER_PROBE)
ADDRESSED(connect, 6, plain, TIER_PLAIN)

/* The address needs no task: one tier would do, but the last one names it too. */
ADDRESSED(sendmsg, 4, typed, TIER_TYPED)
ADDRESSED(sendmsg, 4, plain, TIER_PLAIN)
ADDRESSED(sendmsg, 6, typed, TIER_TYPED)
ADDRESSED(sendmsg, 6, plain, TIER_PLAIN)

/* Marks what programs make besides TCP and UDP, so that the kernel's own raw
 * sockets, which answer for it, are told apart.  AF_PACKET does not come here. */
static __always_inline int on_sock_create(struct bpf_sock *ctx, enum nw_tier tier)
{
	struct nw_socket s = {};
	struct nw_state *st;

	if (ctx->type != SOCK_RAW &&
	    (ctx->protocol == IPPROTO_TCP || ctx->protocol == IPPROTO_UDP ||
	     ctx->protocol == IPPROTO_MPTCP))
		return 1;
	identify_caller(&s.h.who, current_task(tier), tier);
	st = bpf_sk_storage_get(&sockets, ctx, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (st) {
		st->marks |= NW_MARK_MADE;
		remember(st, &s.h.who);
	} else {
		count(NW_ERROR_STORAGE_FULL);
	}
	if (is_own(&s.h.who))
		return 1;
	s.h.kind = NW_SOCKET;
	s.h.cookie = bpf_get_socket_cookie(ctx);
	s.family = ctx->family;
	s.type = ctx->type;
	s.proto = ctx->protocol;
	announce_exe(&s.h);
	send(NW_CLASS_STATE, &s.h, sizeof(s));
	return 1;
}

#define SOCK_CREATE(suffix, tier)                                                                  \
	SEC("cgroup/sock_create")                                                                  \
	int on_sock_create_##suffix(struct bpf_sock *ctx)                                          \
	{                                                                                          \
		return on_sock_create(ctx, tier);                                                  \
	}

SOCK_CREATE(typed, TIER_TYPED)
SOCK_CREATE(probe, TIER_PROBE)
SOCK_CREATE(plain, TIER_PLAIN)
