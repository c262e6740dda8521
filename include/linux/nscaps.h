/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Namespaced file capabilities: the value of security.capability, and the
 * calls that read, write, remove and honour it.
 *
 * Documentation/security/nscaps.rst tells the design,
 * include/uapi/linux/capability.h the format.
 */
#ifndef _LINUX_NSCAPS_H
#define _LINUX_NSCAPS_H

#include <linux/build_bug.h>
#include <linux/capability.h>
#include <linux/mnt_idmapping.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <uapi/linux/nscaps.h>

struct cred;
struct dentry;
struct file;
struct vfsmount;

/* The three forms as they lie on disk and cross the system call boundary. */
static_assert(XATTR_CAPS_SZ_1 == 12);
static_assert(XATTR_CAPS_SZ_2 == 20);
static_assert(XATTR_CAPS_SZ_3 == 24);
static_assert(sizeof(struct vfs_cap_data) == XATTR_CAPS_SZ_2);
static_assert(sizeof(struct vfs_ns_cap_data) == XATTR_CAPS_SZ_3);
static_assert(sizeof(struct vfs_ns_cap_data) == XATTR_CAPS_SZ);
static_assert(offsetof(struct vfs_ns_cap_data, magic_etc) == 0);
static_assert(offsetof(struct vfs_ns_cap_data, data) ==
	      offsetof(struct vfs_cap_data, data));
static_assert(offsetof(struct vfs_ns_cap_data, rootid) == XATTR_CAPS_SZ_2);

/**
 * struct rootid - the uid that stands in the bytes of a value
 * @val: a uid, or (uid_t)-1
 *
 * It means nothing without the user namespace of whoever wrote the bytes: the
 * filesystem's (s_user_ns) on disk, the caller's at the system call.  A type
 * of its own keeps it from being taken for a kuid_t or a vfsuid_t.
 */
struct rootid {
	uid_t val;
};

/**
 * struct vfs_caps - file capabilities as seen through a mount
 * @permitted: capabilities the file grants, the 64 bits as they were stored
 * @inheritable: capabilities the file lets through, likewise
 * @root: the root they belong to, in the mount's idmap;
 *	INVALID_VFSUID where the value's rootid has no image there
 * @revision: %VFS_CAP_REVISION_1, _2 or _3, the form they were read from;
 *	0 where there is no value
 * @effective: the file's effective flag
 * @rootid: the rootid as it is on disk, or is to be; -1 where there is none.
 *	For those who tell of the value: nothing is decided by it
 *
 * This is the one shape a value takes between its bytes and its bytes.
 */
struct vfs_caps {
	kernel_cap_t permitted;
	kernel_cap_t inheritable;
	vfsuid_t root;
	u32 revision;
	bool effective;
	struct rootid rootid;
};

/**
 * struct nscaps_event - what the tracepoints show of a decision
 * @dev: device of the file
 * @ino: inode number of the file
 * @pid: the process
 * @caller_ns: its user namespace
 * @owner_ns: that namespace or the nearest of its ancestors in which the root
 *	is uid 0; 0 where there is none
 * @rootid_disk: the rootid as it is on disk, or is to be; -1 for none
 * @rootid: the root as a uid of the caller's namespace; -1 for none
 * @permitted: capabilities that the file grants
 * @inheritable: capabilities that the file lets through
 * @revision: 1, 2 or 3; 0 where there is no value, or it was not looked at
 * @effective: the file's effective flag
 * @err: 0 or a negative errno
 * @reason: the reason
 */
struct nscaps_event {
	dev_t dev;
	u64 ino;
	pid_t pid;
	u32 caller_ns;
	u32 owner_ns;
	s64 rootid_disk;
	s64 rootid;
	u64 permitted;
	u64 inheritable;
	u32 revision;
	bool effective;
	int err;
	enum nscaps_reason reason;
};

extern const char nscaps_xattr_name[];

bool nscaps_name(const char *name);
ssize_t nscaps_getxattr(struct mnt_idmap *idmap, struct dentry *dentry,
			void *value, size_t size);
ssize_t nscaps_setxattr(struct mnt_idmap *idmap, struct dentry *dentry,
			const void *value, size_t size,
			struct vfs_ns_cap_data *nscap);
int nscaps_removexattr(struct mnt_idmap *idmap, struct dentry *dentry);
int nscaps_exec(const struct file *file, struct vfs_caps *caps);
void nscaps_creds(const struct file *file, const struct vfs_caps *caps,
		  const struct cred *new, int err, enum nscaps_reason reason);
int nscaps_audit(struct mnt_idmap *idmap, const struct dentry *dentry,
		 struct vfs_caps *caps);
void nscaps_fill_event(struct nscaps_event *event, const struct dentry *dentry,
		       const struct vfs_caps *caps, int ret,
		       enum nscaps_reason reason);

/* in fs/namespace.c, where the mount namespaces are */
enum nscaps_reason mnt_suid_reason(struct vfsmount *mnt);

#endif /* _LINUX_NSCAPS_H */
