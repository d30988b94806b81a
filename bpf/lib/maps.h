/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Everything that outlives a program run: the maps, their sizes with the reason
 * for each, and the knobs that user space sets before the load.
 */
#ifndef NAMEWARD_BPF_LIB_MAPS_H
#define NAMEWARD_BPF_LIB_MAPS_H

#include "../vmlinux.h"
#include "../event.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define AF_INET       2
#define AF_INET6      10

#define SOCK_STREAM   1
#define SOCK_DGRAM    2
#define SOCK_RAW      3

#define NW_PORT_DNS   53

/* 4 MiB holds some 14000 queries: 0.1 s of the worst node known to us. */
#define NW_RING_BYTES (4 * 1024 * 1024)
/* A node runs some 250 pods, each with a handful of cgroups. */
#define NW_CGROUPS    4096
/* Peers of UDP sockets; 32768 are 3 MiB, and losing one costs a repeated record. */
#define NW_UDP_PEERS  32768
/* Executables that live on one node at a time. */
#define NW_EXES       8192

/* What user space may set between open and load. */
const volatile bool emit_flows = true;       /* NW_FLOW: three records per TCP connection */
const volatile bool can_probe = true;        /* false: the kernel refuses probe_read (lockdown) */
const volatile bool use_pids_cgroup = false; /* there is a v1 pids hierarchy: ask it too */
const volatile __u32 own_tgid = 0;           /* leave this process out (first pid namespace) */
const volatile __u64 own_cgroup = 0;         /* leave the sockets of this cgroup out */
const volatile __u32 quota_rate = 2000;      /* tokens per second and cgroup; 0: no limit */
const volatile __u32 quota_burst = 3000;
const volatile __u32 wake_percent = 25; /* fill of the ring that wakes the reader */
const volatile __u32 admit_percent[NW_CLASSES] = {100, 90, 75, 50};

/* The stream of records; user space gives it its real size. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, NW_RING_BYTES);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NW_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

/* Losses by cgroup; LRU, so that dead cgroups make room. */
struct nw_loss {
	__u32 answers;
	__u32 quota;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, NW_CGROUPS);
	__type(key, __u64);
	__type(value, struct nw_loss);
} cgroup_loss SEC(".maps");

/* One token bucket per cgroup, kept as the time at which it is full again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, NW_CGROUPS);
	__type(key, __u64);
	__type(value, __u64);
} buckets SEC(".maps");

/* Peers of a UDP or raw socket that need no further record. */
struct nw_peer {
	struct nw_endpoint end; /* its pad is the protocol, and the scope 0 */
	__u64 cookie;
};

enum nw_peer_state {
	NW_PEER_REPORTED = 1,    /* its NW_UDP_FLOW or NW_RAW_FLOW was sent */
	NW_PEER_SPOKE_FIRST = 2, /* what we send it is a reply */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, NW_UDP_PEERS);
	__type(key, struct nw_peer);
	__type(value, __u32);
} udp_peers SEC(".maps");

/* Executables whose NW_EXE was sent. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, NW_EXES);
	__type(key, __u64);
	__type(value, __u8);
} exes SEC(".maps");

/* The same, directly mapped by the key's upper bits: a connect looks here first, in a
 * tenth of the time that the table takes. */
#define NW_RECENT_EXES 1024
__u64 recent_exes[NW_RECENT_EXES];

/* nw_state.marks */
enum nw_mark {
	NW_MARK_MADE = 1 << 0,      /* a program made this raw or other socket, not the kernel */
	NW_MARK_OLD = 1 << 1,       /* found by the iterator: older than the sensor */
	NW_MARK_IDENTITY = 1 << 2,  /* who is filled */
	NW_MARK_MIDSTREAM = 1 << 3, /* TCP: taken for DNS after its beginning */
};

/* nw_state.asked_by */
enum nw_asked_by {
	NW_ASKED_NONE = 0,
	NW_ASKED_CONNECT = 1, /* holds as long as the socket is connected */
	NW_ASKED_SENDMSG = 2, /* holds for the next datagram of asked_tid */
};

enum nw_verdict {
	NW_VERDICT_UNKNOWN = 0,
	NW_VERDICT_DNS = 1,
	NW_VERDICT_OTHER = 2,
};

#define NW_PREFIX 16 /* 2 bytes of length, 12 of header, and 2 to round up */

/* One direction of a TCP stream, while its first bytes are too few to tell. */
struct nw_stream {
	__u8 prefix[2 * NW_PREFIX]; /* room for a load at any place of the first half */
	__u8 have;
	__u8 verdict; /* enum nw_verdict */
	__u8 pad[2];
};

struct nw_state {
	struct nw_identity who;
	__u8 asked[16];
	__u16 asked_port; /* host order */
	__u8 asked_by;
	__u8 marks;
	__u32 asked_tid;
	union {
		struct {
			__u8 peer[16]; /* UDP: the last peer known to udp_peers */
			__u16 peer_port;
		};
		struct nw_stream stream[2]; /* TCP: out, in */
	};
};

/* Only for UDP and raw sockets that send, and TCP sockets that may speak DNS:
 * storage costs a connect 0.9 us, and optmem_max (20 KiB on 5.10) bounds it. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct nw_state);
} sockets SEC(".maps");

#endif
