/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the builds that are counted, included before security/commoncap_ns.c
 *
 * gcov counts what the compiler made of a line.  What is inlined by force it
 * would make once for each call, in KUnit for the calls of the tests as well,
 * and each copy has branches that its caller cannot take.
 */
#ifndef NSCAPS_COVERAGE_NOINLINE_H
#define NSCAPS_COVERAGE_NOINLINE_H

#include <linux/types.h>

struct dentry;
struct mnt_idmap;
struct nscaps_verdict;
struct rootid;
struct vfs_caps;

#define NOINLINE	__attribute__((__noinline__))

static NOINLINE int nscaps_decode(const void *value, size_t size,
				  struct vfs_caps *caps, struct rootid *rootid);
static NOINLINE struct nscaps_verdict nscaps_read(struct mnt_idmap *idmap,
						  const struct dentry *dentry,
						  struct vfs_caps *caps);
static NOINLINE bool same4(const char *name, unsigned int i);

#endif /* NSCAPS_COVERAGE_NOINLINE_H */
