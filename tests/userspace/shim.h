/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What security/commoncap_ns.c needs of the kernel, in user space
 *
 * Of each structure only the members that are looked at.  Uids, maps, idmaps
 * and capabilities are the kernel's own code, which scripts/userspace cuts out
 * of the prepared tree.  What is a stand-in, and so an assumption:
 *
 *   - the current task is a struct cred, set by the caller;
 *   - a filesystem is one value, or an errno, and gives it back as it is;
 *   - mnt_suid_reason() is told what the mount is, and looks at the namespaces;
 *   - a tracepoint and audit keep the reason that they are told;
 *   - security modules other than capabilities have no say;
 *   - reference counts, memory barriers and races there are none.
 */
#ifndef NSCAPS_SHIM_H
#define NSCAPS_SHIM_H

#include <assert.h>
#include <errno.h>
#include <sys/types.h>

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/types.h>
#include <linux/wordpart.h>

/* user namespaces are compiled in */
#define CONFIG_USER_NS		1
#define CONFIG_MULTIUSER	1

/* for the ids of files of the kernel's own making, which nobody asks for here */
#define current_fsuid()		GLOBAL_ROOT_UID
#define current_fsgid()		GLOBAL_ROOT_GID

typedef struct {
	int refs;
} refcount_t;

typedef int (*cmp_func_t)(const void *a, const void *b);

#include <linux/uidgid.h>
#include <linux/mnt_idmapping.h>
#include <linux/capability.h>
#include <linux/nscaps.h>
#include <uapi/linux/xattr.h>

/*
 * A map is a small one or a large one, and nobody takes one for the other: CBMC
 * does far better with both side by side than with a union.
 */
#ifdef __CPROVER__
#define union	struct
#endif
#include "extract-types.h"
#ifdef __CPROVER__
#undef union
#endif

struct user_namespace {
	struct uid_gid_map uid_map;
	struct uid_gid_map gid_map;
	struct user_namespace *parent;
	int level;
	kuid_t owner;
};

struct cred {
	struct user_namespace *user_ns;
	kuid_t euid;
	kernel_cap_t cap_effective;
};

/* only whether it is held */
struct rw_semaphore {
	bool held;
};

/**
 * struct super_block - a filesystem, and the one value that it has
 * @s_user_ns: user namespace of who mounted it
 * @value: the bytes of security.capability
 * @len: their number, or the errno that a read returns
 * @overlong: @len is returned even where it does not fit
 * @reads: how many times it was read
 */
struct super_block {
	struct user_namespace *s_user_ns;
	const void *value;
	ssize_t len;
	bool overlong;
	int reads;
};

struct inode {
	struct super_block *i_sb;
	struct rw_semaphore i_rwsem;
	kuid_t i_uid;
	kgid_t i_gid;
};

struct dentry {
	struct inode *d_inode;
};

struct vfsmount {
	struct super_block *mnt_sb;
	struct mnt_idmap *mnt_idmap;
	bool nosuid;
	bool foreign;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
};

extern const struct cred *current_cred;

#define lockdep_assert_held_write(rwsem)	assert((rwsem)->held)

#define CAP_OPT_NONE	0

/*
 * The kernel's own tracepoints, each a function that keeps the reason.  Their
 * parameters are those of include/trace/events/nscaps.h.
 */
struct trace_print_flags {
	unsigned long mask;
	const char *name;
};

/**
 * struct told - what was told of the last decision
 * @traced: the reason that a tracepoint was told
 * @err: the answer, likewise
 * @caps: the value, likewise
 * @recorded: the reason in the audit record, or NULL for none
 * @creds: the new credentials in the record
 */
struct told {
	enum nscaps_reason traced;
	int err;
	struct vfs_caps caps;
	const char *recorded;
	const struct cred *creds;
};

extern struct told told;
extern bool audited;

#define TP_PROTO(...)	__VA_ARGS__
#define TRACEPOINT(name, proto)						\
	static inline void trace_##name(proto)				\
	{								\
		told.traced = reason;					\
		told.err = ret;						\
		told.caps = *caps;					\
	}
#define TRACE_DEFINE_ENUM(reason)
#define DECLARE_EVENT_CLASS(...)
#define DEFINE_EVENT(class, name, proto, args)	TRACEPOINT(name, P(proto))
#define TRACE_EVENT(name, proto, ...)		TRACEPOINT(name, P(proto))
#define P(...)		__VA_ARGS__

/* newer kernels tell of each capability that is asked for */
#define trace_cap_capable(cred, target_ns, cred_ns, cap, ret)	do { } while (0)

static inline bool audit_dummy_context(void)
{
	return !audited;
}

static inline void audit_log_nscaps(const struct dentry *dentry,
				    const char *reason, int err,
				    const struct vfs_caps *caps,
				    const struct cred *new)
{
	told.recorded = reason;
	told.creds = new;
}

static inline struct user_namespace *current_user_ns(void)
{
	return current_cred->user_ns;
}

static inline struct inode *d_backing_inode(const struct dentry *dentry)
{
	return dentry->d_inode;
}

static inline struct user_namespace *i_user_ns(const struct inode *inode)
{
	return inode->i_sb->s_user_ns;
}

static inline struct mnt_idmap *file_mnt_idmap(const struct file *file)
{
	return file->f_path.mnt->mnt_idmap;
}

bool current_in_userns(const struct user_namespace *target_ns);
ssize_t __vfs_getxattr(struct dentry *dentry, struct inode *inode,
		       const char *name, void *value, size_t size);

#endif /* NSCAPS_SHIM_H */
