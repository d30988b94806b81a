/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) OR Apache-2.0 */
/*
 * The one contract between the kernel programs and the sensor: the only header
 * that both sides include.  Everything in the ring buffer is one of the records
 * below; a recording stores the same bytes.
 *
 * Rules of the contract
 *  - fixed-width fields, explicit padding, host byte order except where a
 *    comment says "network order"; 8-byte alignment throughout;
 *  - every record begins with struct nw_header, whose length is the size of the
 *    whole record; a reader skips kinds it does not know;
 *  - fields are only ever appended, and NW_ABI grows when they are;
 *  - addresses are 16 bytes, network order, IPv4 as v4-mapped (RFC 4291 2.5.5.2);
 *    a program that really used an IPv6 socket for it sets NW_F_MAPPED.
 */
#ifndef NAMEWARD_BPF_EVENT_H
#define NAMEWARD_BPF_EVENT_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define NW_ABI 1

/* Kinds: 1..15 what pods do, 16..31 what the sensor needs to explain it. */
enum nw_kind {
	NW_CONNECT = 1,      /* connect4/6 hook of TCP and others: struct nw_connect */
	NW_UDP_FLOW = 2,     /* first datagram of (socket, destination): struct nw_connect */
	NW_RAW_FLOW = 3,     /* first packet of a raw, ping or other-protocol socket: nw_connect */
	NW_DNS_DATAGRAM = 4, /* a DNS-shaped UDP payload, or a part of it: struct nw_payload */
	NW_DNS_SEGMENT = 5,  /* bytes of a TCP stream that speaks DNS: struct nw_payload */
	NW_FLOW = 6,         /* established, failed, accepted, closed: struct nw_flow */
	NW_SOCKET = 7,       /* a raw or packet-like socket was made: struct nw_socket */
	NW_WIRE = 8,         /* a TCP SYN left for another address than asked: struct nw_connect */
	NW_CGROUP = 16,      /* mkdir, rmdir, or seen at start: struct nw_cgroup */
	NW_EXE = 17,         /* path of an executable named by nw_identity.exe: struct nw_exe */
};

/* nw_header.flags */
enum nw_flag {
	NW_F_INGRESS = 1 << 0,     /* payload: it came in (an answer); else it went out */
	NW_F_MAPPED = 1 << 1,      /* IPv4 asked for through an IPv6 socket */
	NW_F_NO_TASK = 1 << 2,     /* no trustworthy task: identity is the socket's cgroup only */
	NW_F_STORED_TASK = 1 << 3, /* identity read back from the socket's storage */
	NW_F_OLD_SOCKET = 1 << 4,  /* the socket is older than the sensor */
	NW_F_MIDSTREAM = 1 << 5,   /* segment: the stream's beginning was not seen */
	NW_F_TRUNCATED = 1 << 6, /* payload: longer than NW_MAX_DATAGRAM, the rest is not shipped */
	NW_F_BORN = 1 << 7,      /* cgroup: made while the sensor watched */
	NW_F_GONE = 1 << 8,      /* cgroup: removed */
	NW_F_SYN = 1 << 9,       /* segment: sequence number is that of a SYN (data starts at +1) */
	NW_F_FIN = 1 << 10,      /* segment: the stream ends after these bytes */
	NW_F_REPLY = 1 << 11,    /* flow: the peer spoke first */
};

/* Classes of records for admission and for the ledger; index of every counter array. */
enum nw_class {
	NW_CLASS_ANSWER = 0,  /* DNS ingress: dropped last */
	NW_CLASS_QUERY = 1,   /* DNS egress */
	NW_CLASS_CONNECT = 2, /* connect, UDP flow, raw flow, wire */
	NW_CLASS_STATE = 3,   /* flow, socket, cgroup, exe: dropped first */
	NW_CLASSES = 4,
};

/* Why a record was not sent; index of the second dimension of the counters. */
enum nw_fate {
	NW_OFFERED = 0, /* counted before admission */
	NW_SENT = 1,
	NW_DROPPED_FULL = 2,  /* the ring's fill level refused this class */
	NW_DROPPED_QUOTA = 3, /* the cgroup's own token bucket ran dry */
	NW_FATES = 4,
};

/* Errors, in the counter array behind the ledger of classes and fates. */
enum nw_error {
	NW_ERROR_STORAGE_MISS =
	    (int)NW_CLASSES * (int)NW_FATES, /* DNS came in for a socket without identity */
	NW_ERROR_STORAGE_FULL,               /* the kernel gave no storage (optmem_max) */
	NW_ERROR_LOAD,                       /* the packet was shorter than its headers say */
	NW_ERROR_HEADERS,                    /* more IPv6 extension headers than are walked */
	NW_ERROR_STEPS,    /* a GSO packet of more datagrams than are stepped through */
	NW_ERROR_GAP,      /* TCP: the first bytes came out of order, the stream is not judged */
	NW_ERROR_EXE_LOST, /* no room for an NW_EXE: it comes with the next record */
	NW_COUNTERS,
};

/* Set in the id of a cgroup of the v1 pids hierarchy: each hierarchy counts its own
 * ids from 1. */
#define NW_CGROUP_V1    (1ULL << 62)

#define NW_COMM_LEN     16
#define NW_PATH_LEN     256
#define NW_MAX_DATAGRAM 65536 /* longest payload that is shipped, in chunks */
#define NW_CHUNK        4096  /* most payload bytes in one record */

/* Who did it, as the kernel knows it.  0 means unknown in every field. */
struct nw_identity {
	__u64 task_cgroup;    /* cgroup id (directory inode) of the acting task: v2's, or with
	                         NW_CGROUP_V1 that of the pids hierarchy */
	__u64 sock_cgroup;    /* cgroup v2 id fixed at socket creation */
	__u64 netns_cookie;   /* 5.14+ */
	__u64 start_boottime; /* ns; with tgid the process' unique key */
	__u64 exe;            /* key of an NW_EXE record */
	__u64 mntns_seq;      /* mnt_namespace.seq or ns_id: tells reused inode numbers apart */
	__u32 mntns;          /* inode number of the mount namespace */
	__u32 netns;          /* inode number of the network namespace */
	__u32 tgid;
	__u32 tid;
	__u32 uid;
	__u32 gid;
	char comm[NW_COMM_LEN]; /* of the thread group's leader, NUL padded */
};

struct nw_header {
	__u16 kind;
	__u16 flags;
	__u32 length;       /* bytes of the whole record; the ring may hold more (size classes) */
	__u64 time;         /* CLOCK_BOOTTIME, ns */
	__u64 cookie;       /* socket cookie, 0 if unknown */
	__u32 lost_answers; /* answers of this cgroup, and queries, without which none counts, that
	                       the ring refused so far */
	__u32 lost_quota;   /* records of this cgroup that its own bucket refused so far */
	struct nw_identity who;
};

struct nw_endpoint {
	__u8 addr[16];
	__u16 port; /* host order; ICMP and raw protocols: 0 */
	__u16 pad;
	__u32 scope; /* interface index of a link-local address, else 0 */
};

/* NW_CONNECT, NW_UDP_FLOW, NW_RAW_FLOW, NW_WIRE */
struct nw_connect {
	struct nw_header h;
	struct nw_endpoint src;  /* zero where the kernel has not chosen it yet */
	struct nw_endpoint dst;  /* as the program addressed it */
	struct nw_endpoint wire; /* where the packet went; zero unless it differs from dst */
	__u32 proto;             /* IPPROTO_* */
	__u32 count;             /* > 1: repeats folded in the kernel */
};

/* NW_DNS_DATAGRAM, NW_DNS_SEGMENT; payload bytes follow the struct, unpadded. */
struct nw_payload {
	struct nw_header h;
	struct nw_endpoint local;  /* this socket's side */
	struct nw_endpoint remote; /* the peer on the wire */
	struct nw_endpoint
	    asked;    /* the server that the program addressed; zero if the same or unknown */
	__u64 id;     /* datagram: number that its chunks share; segment: 0 */
	__u32 seq;    /* segment: TCP sequence number of the first byte (or of the SYN) */
	__u32 total;  /* datagram: length of the whole payload */
	__u32 offset; /* datagram: where these bytes stand in it */
	__u32 size;   /* payload bytes in this record, 0..NW_CHUNK */
};

enum nw_flow_what {
	NW_FLOW_ESTABLISHED = 1, /* our connect succeeded */
	NW_FLOW_FAILED = 2,      /* our connect ended before it was established */
	NW_FLOW_ACCEPTED = 3,
	NW_FLOW_CLOSED = 4, /* an established one ended */
};

struct nw_flow {
	struct nw_header h;
	struct nw_endpoint local;
	struct nw_endpoint remote;
	__u64 sent;     /* bytes acknowledged by the peer; NW_FLOW_CLOSED only */
	__u64 received; /* NW_FLOW_CLOSED only */
	__u32 what;     /* enum nw_flow_what */
	__u32 error;    /* errno of NW_FLOW_FAILED, positive; 0 unknown */
	__u32 proto;
	__u32 pad;
};

struct nw_socket {
	struct nw_header h;
	__u32 family;
	__u32 type;
	__u32 proto;
	__u32 pad;
};

struct nw_cgroup {
	struct nw_header h; /* h.flags: NW_F_BORN, NW_F_GONE, or neither: found at start */
	__u64 id;           /* as nw_identity.task_cgroup */
	__u64 parent;       /* 0 unknown */
	__u32 level;
	__u32 size; /* bytes of path, without NUL; of a longer path its end */
	char path[NW_PATH_LEN];
};

struct nw_exe {
	struct nw_header h;
	__u64 exe;
	__u32 size; /* bytes of path, without NUL; a path longer than NW_PATH_LEN keeps its end,
	               after "…" */
	__u32 pad;
	char path[NW_PATH_LEN];
};

#endif
