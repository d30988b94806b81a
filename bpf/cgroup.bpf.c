/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which cgroups come and go, how TCP connections end, and whose sockets were
 * there before the sensor.
 *
 * A Job's cgroup may be gone in seconds: only the mkdir event has its path.
 * Cannot see: the path under lockdown=confidentiality (the id still comes).
 */
#include "lib/state.h"

/* What marks the ids of the hierarchy, NW_NO_HIERARCHY for one that names nobody. */
#define NW_NO_HIERARCHY 1

static __always_inline __u64 hierarchy_of(struct cgroup *cgrp)
{
	__u32 pids = bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id);

	if (!cgrp->root->hierarchy_id)
		return 0;
	if (use_pids_cgroup && cgrp->root->subsys_mask & 1U << (pids & 31))
		return NW_CGROUP_V1;
	return NW_NO_HIERARCHY;
}

/* What is reserved: room behind the record for a path as long as the tracepoint
 * gives (TRACE_CGROUP_PATH_LEN), of which the record keeps the end. */
struct nw_cgroup_room {
	struct nw_cgroup cgroup;
	char whole[1024];
};

static __always_inline void put_path(struct nw_cgroup_room *room, const char *path)
{
	long n = bpf_probe_read_kernel_str(room->whole, sizeof(room->whole), path);

	if (n > NW_PATH_LEN)
		path += n - NW_PATH_LEN;
	n = bpf_probe_read_kernel_str(room->cgroup.path, NW_PATH_LEN, path);
	room->cgroup.size = n > 0 ? n - 1 : 0;
}

static __always_inline int on_cgroup(struct cgroup *cgrp, const char *path, __u16 flag)
{
	__u64 hierarchy = hierarchy_of(cgrp), id, now;
	struct cgroup_subsys_state *parent;
	struct nw_cgroup_room *room;
	struct nw_cgroup *g;
	int flags;

	if (hierarchy == NW_NO_HIERARCHY)
		return 0;
	id = cgrp->kn->id | hierarchy;
	now = bpf_ktime_get_boot_ns();
	flags = admit(NW_CLASS_STATE, id, now, 0);
	if (flags == NW_REFUSED)
		return 0;
	room = bpf_ringbuf_reserve(&events, sizeof(*room), 0);
	if (!room) {
		refused_by_ring(NW_CLASS_STATE, id);
		return 0;
	}
	g = &room->cgroup;
	__builtin_memset(g, 0, sizeof(*g));
	g->h.kind = NW_CGROUP;
	g->h.flags = flag;
	g->h.length = sizeof(*g);
	g->h.time = now;
	g->id = id;
	parent = cgrp->self.parent;
	if (parent)
		g->parent = parent->cgroup->kn->id | hierarchy;
	g->level = cgrp->level;
	if (can_probe)
		put_path(room, path);
	bpf_ringbuf_submit(room, flags);
	count_fate(NW_CLASS_STATE, NW_SENT);
	return 0;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(on_cgroup_mkdir_typed, struct cgroup *cgrp, const char *path)
{
	return on_cgroup(cgrp, path, NW_F_BORN);
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(on_cgroup_rmdir_typed, struct cgroup *cgrp, const char *path)
{
	return on_cgroup(cgrp, path, NW_F_GONE);
}

#define TCP_ESTABLISHED  1
#define TCP_SYN_SENT     2
#define TCP_SYN_RECV     3
#define TCP_CLOSE        7
#define TCP_LISTEN       10
#define TCP_NEW_SYN_RECV 12

static __always_inline __u32 what_happened(int before, int after)
{
	if (after == TCP_ESTABLISHED)
		return before == TCP_SYN_SENT   ? NW_FLOW_ESTABLISHED
		       : before == TCP_SYN_RECV ? NW_FLOW_ACCEPTED
		                                : 0;
	if (after != TCP_CLOSE || before == TCP_CLOSE || before == TCP_LISTEN ||
	    before == TCP_SYN_RECV || before == TCP_NEW_SYN_RECV)
		return 0;
	return before == TCP_SYN_SENT ? NW_FLOW_FAILED : NW_FLOW_CLOSED;
}

/* skc_num is 0 already where an end is told: the port was given back. */
static __always_inline void flow_ends(struct sock *sk, struct tcp_sock *tp, struct nw_flow *f)
{
	__u32 *l = (__u32 *)f->local.addr, *r = (__u32 *)f->remote.addr;
	int i;

	f->local.port = bpf_ntohs(tp->inet_conn.icsk_inet.inet_sport);
	f->remote.port = bpf_ntohs(sk->__sk_common.skc_dport);
	if (sk->__sk_common.skc_family == AF_INET) {
		put_v4(f->local.addr, sk->__sk_common.skc_rcv_saddr);
		put_v4(f->remote.addr, sk->__sk_common.skc_daddr);
		return;
	}
	for (i = 0; i < 4; i++) {
		l[i] = sk->__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[i];
		r[i] = sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[i];
	}
}

/* Any task may be current: the cookie joins it with the connect.  MPTCP's own
 * socket fires too (protocol 262); its subflows tell the same. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_set_state_typed, struct sock *sk, int before, int after)
{
	__u32 what = what_happened(before, after);
	struct tcp_sock *tp;
	struct nw_flow f = {};

	if (!emit_flows || !what || sk->sk_protocol != IPPROTO_TCP)
		return 0;
	f.h.kind = NW_FLOW;
	f.h.flags = NW_F_NO_TASK;
	f.h.cookie = sk->__sk_common.skc_cookie.counter;
	f.h.who.netns = sk->__sk_common.skc_net.net->ns.inum;
	if (bpf_core_field_exists(struct sock_cgroup_data, cgroup))
		f.h.who.sock_cgroup = sk->sk_cgrp_data.cgroup->kn->id;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return 0;
	flow_ends(sk, tp, &f);
	f.what = what;
	f.proto = IPPROTO_TCP;
	if (what == NW_FLOW_FAILED)
		f.error = sk->sk_err;
	if (what == NW_FLOW_CLOSED) {
		f.sent = tp->bytes_acked;
		f.received = tp->bytes_received;
	}
	send(NW_CLASS_STATE, &f.h, sizeof(f));
	return 0;
}

/* Names the sockets that are older than the sensor, once at start: UDP, raw, and
 * TCP on its way to port 53.  5.11+; sees the tasks of our own pid namespace. */
SEC("iter/task_file")
int iter_sockets_typed(struct bpf_iter__task_file *ctx)
{
	struct task_struct *t = ctx->task;
	struct file *file = ctx->file;
	struct socket *socket;
	struct nw_state *st;
	struct sock *sk;

	if (!t || !file)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk ||
	    (sk->__sk_common.skc_family != AF_INET && sk->__sk_common.skc_family != AF_INET6))
		return 0;
	if (sk->sk_type == SOCK_STREAM && sk->__sk_common.skc_dport != bpf_htons(NW_PORT_DNS))
		return 0;
	st = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!st) {
		count(NW_ERROR_STORAGE_FULL);
		return 0;
	}
	if (st->marks & NW_MARK_IDENTITY)
		return 0;
	identify(&st->who, t, TIER_TYPED);
	st->marks |= NW_MARK_IDENTITY | NW_MARK_OLD;
	if (sk->sk_type == SOCK_RAW || sk->sk_protocol != IPPROTO_UDP)
		st->marks |= NW_MARK_MADE;
	return 0;
}
