/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * NW_EXE: the path behind nw_identity.exe, once per executable and mount
 * namespace, in the ring before the record that first names it.
 *
 * The path is that of the mount namespace, not of a chroot in it.  Walks at most
 * NW_COMPONENTS names and mounts; a longer path keeps its end.
 * Cannot see: anything under lockdown=confidentiality (names lie behind plain
 * pointers, which only probe_read follows); that a file was renamed since.
 */
#ifndef NAMEWARD_BPF_LIB_ANNOUNCE_H
#define NAMEWARD_BPF_LIB_ANNOUNCE_H

#include "emit.h"

/* A container's executables lie some 5 deep, a snap's or a Nix store's some 10. */
#define NW_COMPONENTS 24

/* What is reserved: the names are gathered leaf first behind the record, and the
 * last one written may run over the end of the path.  The state of the walk lies
 * here too: the verifier tracks registers and stack through every turn of a
 * loop, but forgets what it stores in the ring. */
struct nw_exe_room {
	struct nw_exe exe;
	char slack[NW_PATH_LEN];
	const unsigned char *name[NW_COMPONENTS];
	struct dentry *dentry;
	struct mount *mount;
	__u32 total;
	__u32 more; /* names above are left */
};

/* One step towards the root: a name, or out of a mount; returns the name. */
static __always_inline const unsigned char *step_up(struct nw_exe_room *room)
{
	struct dentry *dentry = room->dentry, *parent;
	struct mount *m = room->mount, *above;

	if (dentry == BPF_CORE_READ(m, mnt.mnt_root)) {
		above = BPF_CORE_READ(m, mnt_parent);
		room->more = above != m;
		room->dentry = BPF_CORE_READ(m, mnt_mountpoint);
		room->mount = above;
		return NULL;
	}
	room->total += BPF_CORE_READ(dentry, d_name.len) + 1;
	if (room->total > NW_PATH_LEN - 4)
		return NULL; /* no step: the turns run out, more stays set */
	parent = BPF_CORE_READ(dentry, d_parent);
	room->more = parent != dentry; /* false: a memfd, a root without a mount */
	room->dentry = parent;
	return BPF_CORE_READ(dentry, d_name.name);
}

static __always_inline void gather_names(struct nw_exe_room *room, struct task_struct *t)
{
	struct file *file = BPF_CORE_READ(t, mm, exe_file);
	void *mnt = BPF_CORE_READ(file, f_path.mnt);
	int i;

	room->dentry = BPF_CORE_READ(file, f_path.dentry);
	room->mount = mnt - bpf_core_field_offset(struct mount, mnt);
	room->total = 0;
	room->more = 1;
	for (i = 0; i < NW_COMPONENTS; i++)
		room->name[i] = room->more ? step_up(room) : NULL;
}

static __always_inline void write_name(struct nw_exe *exe, const unsigned char *name)
{
	__u32 off = exe->size;
	long n;

	exe->path[off & (NW_PATH_LEN - 1)] = '/';
	off++;
	n = bpf_probe_read_kernel_str(exe->path + (off & (NW_PATH_LEN - 1)), NW_PATH_LEN, name);
	exe->size = n > 0 ? off + n - 1 : off;
}

static __always_inline void write_path(struct nw_exe_room *room)
{
	int i;

	if (room->more) {
		room->exe.path[0] = '\xe2';
		room->exe.path[1] = '\x80';
		room->exe.path[2] = '\xa6';
		room->exe.size = 3;
	}
	for (i = NW_COMPONENTS - 1; i >= 0; i--) {
		if (room->name[i])
			write_name(&room->exe, room->name[i]);
		room->name[i] = NULL; /* no kernel address stays in the ring */
	}
	if (room->exe.size > NW_PATH_LEN)
		room->exe.size = NW_PATH_LEN;
	room->dentry = NULL;
	room->mount = NULL;
}

/* From scalars only, so that the verifier walks it once per program.  The
 * identity names no more than the cgroup: the path is all that it is for. */
__noinline int send_exe(__u64 key, __u64 cgroup)
{
	__u64 now = bpf_ktime_get_boot_ns();
	struct nw_exe_room *room;
	__u8 seen = 1;
	int flags;

	if (!can_probe)
		return 0;
	flags = admit(NW_CLASS_STATE, cgroup, now, 0);
	if (flags == NW_REFUSED) {
		count(NW_ERROR_EXE_LOST);
		return 0;
	}
	room = bpf_ringbuf_reserve(&events, sizeof(*room), 0);
	if (!room) {
		refused_by_ring(NW_CLASS_STATE, cgroup);
		count(NW_ERROR_EXE_LOST);
		return 0;
	}
	__builtin_memset(&room->exe, 0, sizeof(room->exe));
	room->exe.h.kind = NW_EXE;
	room->exe.h.length = sizeof(room->exe);
	room->exe.h.time = now;
	room->exe.h.who.task_cgroup = cgroup;
	room->exe.h.who.exe = key;
	room->exe.exe = key;
	gather_names(room, (struct task_struct *)bpf_get_current_task());
	write_path(room);
	bpf_ringbuf_submit(room, flags);
	count_fate(NW_CLASS_STATE, NW_SENT);
	/* Only now: what the ring refused comes again with the next record. */
	bpf_map_update_elem(&exes, &key, &seen, BPF_ANY);
	return 0;
}

static __always_inline bool exe_was_sent(__u64 key)
{
	__u64 *recent = &recent_exes[key >> 54];

	if (*recent == key)
		return true;
	if (!bpf_map_lookup_elem(&exes, &key))
		return false;
	*recent = key;
	return true;
}

static __always_inline void announce_exe(const struct nw_header *h)
{
	if (can_probe && h->who.exe && !exe_was_sent(h->who.exe))
		send_exe(h->who.exe, h->who.task_cgroup);
}

/* For packets: before there is a record, whose stack and this one's together are
 * too much. */
static __always_inline int announce_sender(enum nw_tier tier)
{
	struct task_struct *t;
	__u64 key;

	if (tier == TIER_PLAIN || !can_probe)
		return 0;
	t = current_task(tier);
	key = exe_key(t, mntns_of(t, tier), mntns_seq(t, tier), tier);
	if (key && !exe_was_sent(key))
		send_exe(key, task_cgroup(t, tier));
	return 0;
}

#endif
