/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's own types, as far as the programs here read them, kept by hand.
 *
 * A struct names only the fields that are used; preserve_access_index makes the
 * loader find them in the running kernel's BTF (CO-RE), so neither order nor
 * size below means anything.  A name with ___suffix is the same kernel type in
 * another age ("flavour"): the loader ignores the suffix.
 * The stable interface (struct __sk_buff, enum bpf_*) comes from <linux/bpf.h>.
 */
#ifndef NAMEWARD_BPF_VMLINUX_H
#define NAMEWARD_BPF_VMLINUX_H

#include <linux/types.h>
#include <linux/bpf.h>

typedef _Bool bool;
#define true 1
#define false 0
#define NULL ((void *)0)

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	__s64 counter;
} atomic64_t;

/* Namespaces.  ns_id is there from 6.18 on and replaced mnt_namespace.seq. */
struct ns_common {
	unsigned int inum;
	__u64 ns_id;
};

struct mnt_namespace {
	struct ns_common ns;
	__u64 seq;
};

struct net {
	struct ns_common ns;
	__u64 net_cookie; /* atomic64_t before 5.12 */
};

struct net___atomic {
	atomic64_t net_cookie;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
	struct net *net_ns;
};

/* Control groups. */
struct kernfs_node {
	__u64 id;
};

struct cgroup;

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct cgroup_root {
	int hierarchy_id;
	unsigned int subsys_mask;
};

struct cgroup {
	struct cgroup_subsys_state self;
	int level;
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct css_set {
	struct cgroup_subsys_state *subsys[16];
	struct cgroup *dfl_cgrp;
};

enum cgroup_subsys_id {
	pids_cgrp_id = 11, /* the real number comes by relocation */
};

struct sock_cgroup_data {
	struct cgroup *cgroup; /* 5.15+; a tagged number before */
};

struct sock_cgroup_data___tagged {
	__u64 val;
};

/* Files. */
struct qstr {
	__u32 len;
	const unsigned char *name;
};

struct super_block {
	__u32 s_dev;
};

struct inode {
	unsigned long i_ino;
	struct super_block *i_sb;
	__u32 i_generation;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
};

/* Tasks. */
typedef struct {
	__u32 val;
} kuid_t;

typedef struct {
	__u32 val;
} kgid_t;

struct cred {
	kuid_t uid;
	kgid_t gid;
};

struct mm_struct {
	struct file *exe_file;
};

struct task_struct {
	int pid;
	int tgid;
	__u64 start_boottime;
	struct task_struct *group_leader;
	struct nsproxy *nsproxy;
	const struct cred *cred;
	struct css_set *cgroups;
	struct mm_struct *mm;
	char comm[16];
};

/* Sockets. */
struct in6_addr {
	union {
		__u32 u6_addr32[4];
	} in6_u;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	int skc_bound_dev_if;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_type;
	__u16 sk_protocol;
	int sk_err;
	struct sock_cgroup_data sk_cgrp_data;
};

struct inet_sock {
	struct sock sk;
	__be16 inet_sport;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u64 bytes_received;
	__u64 bytes_acked;
};

struct socket {
	struct sock *sk;
};

/* Contexts of iterators. */
struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

#pragma clang attribute pop

#endif
