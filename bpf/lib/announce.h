/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * NW_EXE: the path behind nw_identity.exe, once per executable and mount
 * namespace, before the record that first names it.
 */
#ifndef NAMEWARD_BPF_LIB_ANNOUNCE_H
#define NAMEWARD_BPF_LIB_ANNOUNCE_H

#include "emit.h"

static __always_inline void announce_exe(const struct nw_header *h, struct task_struct *t,
					 enum nw_tier tier)
{
	(void)h;
	(void)t;
	(void)tier;
}

#endif
