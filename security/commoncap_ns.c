// SPDX-License-Identifier: GPL-2.0-only
/*
 * Namespaced file capabilities
 *
 * A file capability belongs to a root: the one stored with it as its rootid.
 * It is honoured in the user namespaces which that root owns and in no other,
 * so root in a container may set one without gaining anything outside.
 *
 * A value has one way through this file, from top to bottom:
 *
 *   forms		bytes <-> struct vfs_caps and rootid
 *   translation	rootid <-> root, for the filesystem and for the caller
 *   ownership		does this root own that user namespace?
 *   entry points	get, set, remove, exec, audit
 *
 * Forms touch nothing but their arguments; translation and ownership are
 * handed their namespaces.  Only the entry points look at the current task.
 *
 * See Documentation/security/nscaps.rst, capabilities(7), user_namespaces(7),
 * and commit 8db6c34f1dbc ("Introduce v3 namespaced file capabilities") for
 * the format and for the answers that user space relies on.
 */

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/mnt_idmapping.h>
#include <linux/mount.h>
#include <linux/nscaps.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/tracepoint-defs.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include <linux/xattr.h>

#define CREATE_TRACE_POINTS
#include <trace/events/nscaps.h>

/* Forms */

/* The size alone tells which revision a value must be of; 0: of none. */
static u32 revision_of_size(size_t size)
{
	switch (size) {
	case XATTR_CAPS_SZ_1:
		return VFS_CAP_REVISION_1;
	case XATTR_CAPS_SZ_2:
		return VFS_CAP_REVISION_2;
	case XATTR_CAPS_SZ_3:
		return VFS_CAP_REVISION_3;
	default:
		return 0;
	}
}

/**
 * nscaps_decode - take a value of security.capability apart
 * @value: the bytes, aligned as a __le32; NULL is no value
 * @size: their number; not trusted
 * @caps: where the sets, the revision and the flag go; its root is left
 *	invalid, as only a namespace can give @rootid a meaning
 * @rootid: where the rootid goes; 0 for the forms that carry none
 *
 * The only judge of what is well formed: every reader and writer asks here.
 * All 64 bits of the sets are kept, also those that no capability has a name
 * for yet, so that what was written is what is read.
 *
 * Return: 0, or -EINVAL when there are no bytes, when the size is none of the
 * three, when the revision is not the one that goes with the size, or when an
 * unknown flag is set.
 */
static __always_inline int nscaps_decode(const void *value, size_t size,
					 struct vfs_caps *caps,
					 struct rootid *rootid)
{
	const struct vfs_ns_cap_data *nscap = value;
	const u32 revision = revision_of_size(size);
	u32 magic;

	if (!value || !revision)
		return -EINVAL;

	magic = le32_to_cpu(nscap->magic_etc);
	if ((magic & ~VFS_CAP_FLAGS_EFFECTIVE) != revision)
		return -EINVAL;

	*caps = (struct vfs_caps) {
		.permitted.val = le32_to_cpu(nscap->data[0].permitted),
		.inheritable.val = le32_to_cpu(nscap->data[0].inheritable),
		.root = INVALID_VFSUID,
		.revision = revision,
		.effective = magic & VFS_CAP_FLAGS_EFFECTIVE,
	};
	rootid->val = 0;

	if (revision == VFS_CAP_REVISION_1)
		return 0;

	caps->permitted.val |=
		(u64)le32_to_cpu(nscap->data[1].permitted) << 32;
	caps->inheritable.val |=
		(u64)le32_to_cpu(nscap->data[1].inheritable) << 32;

	if (revision == VFS_CAP_REVISION_3)
		rootid->val = le32_to_cpu(nscap->rootid);
	return 0;
}

/**
 * nscaps_encode - put a value of security.capability together
 * @caps: the sets and the flag; its revision and root are not looked at
 * @revision: %VFS_CAP_REVISION_2 or %VFS_CAP_REVISION_3, the form to write
 * @rootid: the rootid in the namespace of whoever will read the bytes; a
 *	form without one does not carry it
 * @nscap: where the bytes go; all of it is written, whatever the form
 *
 * Return: the size of the value.
 */
static ssize_t nscaps_encode(const struct vfs_caps *caps, u32 revision,
			     struct rootid rootid, struct vfs_ns_cap_data *nscap)
{
	const u32 flags = caps->effective ? VFS_CAP_FLAGS_EFFECTIVE : 0;

	*nscap = (struct vfs_ns_cap_data) {
		.magic_etc = cpu_to_le32(revision | flags),
		.data[0].permitted =
			cpu_to_le32(lower_32_bits(caps->permitted.val)),
		.data[0].inheritable =
			cpu_to_le32(lower_32_bits(caps->inheritable.val)),
		.data[1].permitted =
			cpu_to_le32(upper_32_bits(caps->permitted.val)),
		.data[1].inheritable =
			cpu_to_le32(upper_32_bits(caps->inheritable.val)),
		.rootid = cpu_to_le32(rootid.val),
	};

	return revision == VFS_CAP_REVISION_3 ? XATTR_CAPS_SZ_3 :
						XATTR_CAPS_SZ_2;
}

/* Translation */

/*
 * Nearly all uids are in the first range of their map, that of the initial
 * namespace included: that is worth no call.
 */
static struct rootid rootid_from_kuid(struct user_namespace *ns, kuid_t kuid)
{
	const struct uid_gid_map *map = &ns->uid_map;
	const struct uid_gid_extent *first = map->extent;
	const unsigned int extents = map->nr_extents;
	u32 offset;

	/* the ranges are there before their number is; as in map_id_up() */
	smp_rmb();
	offset = __kuid_val(kuid) - first->lower_first;
	if (extents && extents <= UID_GID_MAP_MAX_BASE_EXTENTS &&
	    offset < first->count)
		return (struct rootid) { .val = first->first + offset };
	return (struct rootid) { .val = from_kuid(ns, kuid) };
}

/*
 * The initial namespace maps all uids to themselves, as a mount without an idmap
 * does: that is worth no call.
 */
static kuid_t rootid_into_kuid(struct user_namespace *ns, struct rootid rootid)
{
	if (ns == &init_user_ns)
		return KUIDT_INIT(rootid.val);
	return make_kuid(ns, rootid.val);
}

static bool rootid_valid(struct rootid rootid)
{
	return rootid.val != (uid_t)-1;
}

static bool rootid_is_root(struct rootid rootid)
{
	return rootid.val == 0;
}

/**
 * nscaps_root_from_fs - the root that a rootid on disk means
 * @idmap: idmap of the mount the value is seen through
 * @fs_ns: s_user_ns of the filesystem
 * @rootid: the rootid, a uid in @fs_ns
 *
 * Return: the root at the mount; INVALID_VFSUID when @rootid has no mapping
 * in @fs_ns or none in @idmap.
 */
static vfsuid_t nscaps_root_from_fs(struct mnt_idmap *idmap,
				    struct user_namespace *fs_ns,
				    struct rootid rootid)
{
	const kuid_t root = rootid_into_kuid(fs_ns, rootid);

	if (idmap == &nop_mnt_idmap)
		return VFSUIDT_INIT(root);
	return make_vfsuid(idmap, fs_ns, root);
}

/**
 * nscaps_root_from_caller - the root that a caller's rootid means
 * @caller_ns: user namespace of the caller
 * @rootid: the rootid, a uid in @caller_ns
 *
 * The caller sees the file through the mount, so what it names is a root at
 * the mount already.
 *
 * Return: the root at the mount; INVALID_VFSUID when @rootid has no mapping
 * in @caller_ns.
 */
static vfsuid_t nscaps_root_from_caller(struct user_namespace *caller_ns,
					struct rootid rootid)
{
	return VFSUIDT_INIT(rootid_into_kuid(caller_ns, rootid));
}

/**
 * nscaps_root_to_fs - the rootid to store for a root
 * @idmap: idmap of the mount that is written through
 * @fs_ns: s_user_ns of the filesystem
 * @root: the root at the mount
 *
 * Return: the rootid, a uid in @fs_ns; not rootid_valid() when @root is
 * invalid, has no mapping in @idmap or none in @fs_ns.
 */
static struct rootid nscaps_root_to_fs(struct mnt_idmap *idmap,
				       struct user_namespace *fs_ns,
				       vfsuid_t root)
{
	return rootid_from_kuid(fs_ns, from_vfsuid(idmap, fs_ns, root));
}

/* Ownership */

/*
 * Is a root uid 0 of a namespace?  Uid 0 can only be the first of its range, and
 * in nearly all maps that is the first range: then nothing is searched for.
 */
static bool is_root_of(kuid_t root, struct user_namespace *ns)
{
	const struct uid_gid_map *map = &ns->uid_map;
	const unsigned int extents = map->nr_extents;

	/* the ranges are there before their number is; as in map_id_up() */
	smp_rmb();
	if (extents && extents <= UID_GID_MAP_MAX_BASE_EXTENTS &&
	    map->extent[0].first == 0)
		return map->extent[0].lower_first == __kuid_val(root);
	return rootid_is_root(rootid_from_kuid(ns, root));
}

/**
 * nscaps_owned_ns - the user namespace by which a root owns another
 * @root: the root; may be invalid, which owns nothing
 * @ns: the user namespace; its ancestors do not go away before it
 *
 * A root owns the namespaces in which it is uid 0, and all those below.
 *
 * Return: @ns or the nearest of its ancestors in which @root is uid 0; NULL
 * where there is none, and @root does not own @ns.
 */
static struct user_namespace *nscaps_owned_ns(kuid_t root,
					      struct user_namespace *ns)
{
	for (; ns != &init_user_ns; ns = ns->parent) {
		if (is_root_of(root, ns))
			return ns;
	}
	return uid_eq(root, GLOBAL_ROOT_UID) ? ns : NULL;
}

/**
 * nscaps_root_owns - does a root own a user namespace?
 * @root: the root; may be invalid, which owns nothing
 * @ns: the user namespace; its ancestors do not go away before it
 *
 * Return: true when @root maps to uid 0 in @ns or in one of its ancestors.
 */
static bool nscaps_root_owns(kuid_t root, struct user_namespace *ns)
{
	/* root of the initial namespace, which is above all others */
	if (uid_eq(root, GLOBAL_ROOT_UID))
		return true;
	return nscaps_owned_ns(root, ns);
}

/* Entry points */

/* What there is where there is no value, and what a value that is ignored is */
#define NO_CAPS ((struct vfs_caps) {			\
		.root = INVALID_VFSUID,			\
		.rootid = { .val = (uid_t)-1 },		\
	})

/**
 * struct nscaps_verdict - what is answered, and why
 * @ret: a size, 0 or a negative errno
 * @reason: the reason; %NSCAPS_HONOURED just where @ret is no errno
 *
 * The two are told together by whoever decides, so that the reason shown is
 * the reason there was.  It fits into a register.
 */
struct nscaps_verdict {
	int ret;
	enum nscaps_reason reason;
};

static struct nscaps_verdict verdict(int ret, enum nscaps_reason reason)
{
	return (struct nscaps_verdict) { .ret = ret, .reason = reason };
}

/* Why does the root of these capabilities not own the caller's namespace? */
static enum nscaps_reason nscaps_not_owned(const struct vfs_caps *caps)
{
	return vfsuid_valid(caps->root) ? NSCAPS_ROOT_NOT_OWNER :
					  NSCAPS_ROOT_UNMAPPED;
}

/**
 * nscaps_to_caller - put a value together as a caller may see it
 * @caps: the value as seen through the mount
 * @caller_ns: user namespace of the caller
 * @nscap: where the bytes go
 *
 * A root that is some uid of the caller's other than 0 is shown as such.  The
 * caller's own root and those above it cannot be told apart in the caller's
 * uids, nor need they be: the value works for the caller like a plain one,
 * and is shown as one.
 *
 * Return: the size of the value; -EINVAL for revision 1, which getxattr(2)
 * never returns; -EOVERFLOW when the root can be expressed in neither way.
 */
static struct nscaps_verdict nscaps_to_caller(const struct vfs_caps *caps,
					      struct user_namespace *caller_ns,
					      struct vfs_ns_cap_data *nscap)
{
	const kuid_t root = vfsuid_into_kuid(caps->root);
	const struct rootid rootid = rootid_from_kuid(caller_ns, root);

	if (caps->revision == VFS_CAP_REVISION_1)
		return verdict(-EINVAL, NSCAPS_OLD_FORM);

	if (rootid_valid(rootid) && !rootid_is_root(rootid))
		return verdict(nscaps_encode(caps, VFS_CAP_REVISION_3, rootid,
					     nscap), NSCAPS_HONOURED);

	/* its own root is not asked for once more */
	if (!rootid_is_root(rootid) && !nscaps_root_owns(root, caller_ns))
		return verdict(-EOVERFLOW, nscaps_not_owned(caps));

	return verdict(nscaps_encode(caps, VFS_CAP_REVISION_2,
				     (struct rootid) { 0 }, nscap),
		       NSCAPS_HONOURED);
}

/* What it means that a filesystem returned an errno for a value */
static struct nscaps_verdict nscaps_read_failed(ssize_t err)
{
	switch (err) {
	case -ERANGE:
		/* longer than the longest form */
		return verdict(-EINVAL, NSCAPS_MALFORMED);
	case -ENODATA:
	case -EOPNOTSUPP:
		return verdict(err, NSCAPS_NO_VALUE);
	case -EOVERFLOW:
		/* whoever reads it, as an overlay's mounter, cannot name the root */
		return verdict(err, NSCAPS_ROOT_UNMAPPED);
	default:
		return verdict(err, NSCAPS_FS_ERROR);
	}
}

/**
 * nscaps_read - read the value of an inode
 * @idmap: idmap of the mount the inode was found on
 * @dentry: a positive dentry of the inode
 * @caps: where the value goes; without one it is zeroed, its root invalid
 *
 * One call of the filesystem, into a buffer on the stack.
 *
 * Return: 0; -ENODATA when there is no value; -EOPNOTSUPP when the filesystem
 * has no such xattrs; -EINVAL when the value is malformed; -EOVERFLOW when
 * whoever reads it for the filesystem, such as an overlay's mounter, has no
 * name for its root; any other errno of the filesystem.
 */
static __always_inline struct nscaps_verdict
nscaps_read(struct mnt_idmap *idmap, const struct dentry *dentry,
	    struct vfs_caps *caps)
{
	struct inode *inode = d_backing_inode(dentry);
	/* a filesystem may fill less than it says it did */
	struct vfs_ns_cap_data nscap = {};
	ssize_t len;

	/* __vfs_getxattr() does not write to the dentry */
	len = __vfs_getxattr((struct dentry *)dentry, inode, XATTR_NAME_CAPS,
			     &nscap, sizeof(nscap));
	if (len < 0) {
		*caps = NO_CAPS;
		return nscaps_read_failed(len);
	}
	if (nscaps_decode(&nscap, len, caps, &caps->rootid)) {
		*caps = NO_CAPS;
		return verdict(-EINVAL, NSCAPS_MALFORMED);
	}

	caps->root = nscaps_root_from_fs(idmap, inode->i_sb->s_user_ns,
					 caps->rootid);
	return verdict(0, NSCAPS_HONOURED);
}

/**
 * nscaps_load - read the value of an inode, and ask whether it counts
 * @idmap: idmap of the mount the inode was found on
 * @dentry: a positive dentry of the inode
 * @ns: the user namespace that is to honour it
 * @caps: where the value goes, whether it counts or not: capabilities that
 *	this kernel does not know are left out
 *
 * Return: 0; -ENODATA when there is no value, or none that counts in @ns;
 * -EINVAL when the value is malformed; any other errno of the filesystem.
 */
static struct nscaps_verdict nscaps_load(struct mnt_idmap *idmap,
					 const struct dentry *dentry,
					 struct user_namespace *ns,
					 struct vfs_caps *caps)
{
	const struct nscaps_verdict v = nscaps_read(idmap, dentry, caps);

	/* nor does a root count that whoever reads it here has no name for */
	if (v.reason == NSCAPS_NO_VALUE || v.reason == NSCAPS_ROOT_UNMAPPED)
		return verdict(-ENODATA, v.reason);
	if (v.reason != NSCAPS_HONOURED)
		return v;

	caps->permitted.val &= CAP_VALID_MASK;
	caps->inheritable.val &= CAP_VALID_MASK;

	if (!nscaps_root_owns(vfsuid_into_kuid(caps->root), ns))
		return verdict(-ENODATA, nscaps_not_owned(caps));
	return v;
}

/**
 * nscaps_may_exec - may an execve(2) honour the capabilities of a file?
 * @file: the file that gives the credentials
 * @caps: where they go, whether it may or not; empty where the file is not
 *	even looked at
 *
 * Return: as nscaps_exec().
 */
static struct nscaps_verdict nscaps_may_exec(const struct file *file,
					     struct vfs_caps *caps)
{
	enum nscaps_reason reason;

	*caps = NO_CAPS;

	if (!file_caps_enabled)
		return verdict(-ENODATA, NSCAPS_DISABLED);

	/* This refuses filesystems of other namespaces as well. */
	reason = mnt_suid_reason(file->f_path.mnt);
	if (reason != NSCAPS_HONOURED)
		return verdict(-ENODATA, reason);

	return nscaps_load(file_mnt_idmap(file), file->f_path.dentry,
			   current_user_ns(), caps);
}

/**
 * nscaps_may_change - may the caller change the value of an inode?
 * @idmap: idmap of the mount that is written through
 * @inode: the inode, locked
 *
 * This is capable_wrt_inode_uidgid(), one question at a time.
 *
 * Return: %NSCAPS_HONOURED when the caller has CAP_SETFCAP over the inode, or
 * why it does not.
 */
static enum nscaps_reason nscaps_may_change(struct mnt_idmap *idmap,
					    const struct inode *inode)
{
	struct user_namespace *ns = current_user_ns();

	if (!ns_capable(ns, CAP_SETFCAP))
		return NSCAPS_NOT_PRIVILEGED;
	if (!privileged_wrt_inode_uidgid(ns, idmap, inode))
		return NSCAPS_IDS_UNMAPPED;
	return NSCAPS_HONOURED;
}

/**
 * nscaps_may_set - may the caller set this value, and what is to be stored?
 * @idmap: idmap of the mount that is written through
 * @inode: the inode, locked
 * @value: the caller's bytes; may be NULL when @size is 0
 * @size: their number
 * @caps: where the value goes: its root as far as it was translated, its
 *	rootid as it is to be stored
 * @nscap: where the bytes to store go
 *
 * Return: as nscaps_setxattr().
 */
static struct nscaps_verdict nscaps_may_set(struct mnt_idmap *idmap,
					    const struct inode *inode,
					    const void *value, size_t size,
					    struct vfs_caps *caps,
					    struct vfs_ns_cap_data *nscap)
{
	struct user_namespace *fs_ns = inode->i_sb->s_user_ns;
	enum nscaps_reason reason;
	struct rootid rootid;

	*caps = NO_CAPS;

	if (nscaps_decode(value, size, caps, &rootid))
		return verdict(-EINVAL, NSCAPS_MALFORMED);
	caps->rootid = NO_CAPS.rootid;
	if (caps->revision == VFS_CAP_REVISION_1)
		return verdict(-EINVAL, NSCAPS_OLD_FORM);

	reason = nscaps_may_change(idmap, inode);
	if (reason != NSCAPS_HONOURED)
		return verdict(-EPERM, reason);

	/*
	 * CAP_SETFCAP in the caller's namespace was just asked for, so where that
	 * is the filesystem's, it is not asked for a second time.
	 */
	if (caps->revision == VFS_CAP_REVISION_2 && idmap == &nop_mnt_idmap &&
	    (fs_ns == current_user_ns() || ns_capable(fs_ns, CAP_SETFCAP))) {
		caps->root = nscaps_root_from_fs(idmap, fs_ns, rootid);
		caps->rootid = rootid;
		return verdict(nscaps_encode(caps, VFS_CAP_REVISION_2, rootid,
					     nscap), NSCAPS_HONOURED);
	}

	caps->root = nscaps_root_from_caller(current_user_ns(), rootid);
	rootid = nscaps_root_to_fs(idmap, fs_ns, caps->root);
	if (!rootid_valid(rootid))
		return verdict(-EINVAL, NSCAPS_ROOT_UNMAPPED);

	caps->rootid = rootid;
	return verdict(nscaps_encode(caps, VFS_CAP_REVISION_3, rootid, nscap),
		       NSCAPS_HONOURED);
}

#ifdef CONFIG_TRACEPOINTS
/**
 * nscaps_fill_event - what the tracepoints show of a decision
 * @event: where it goes
 * @dentry: a positive dentry of the inode
 * @caps: the value
 * @ret: what is answered
 * @reason: why
 *
 * Called by the tracepoints, and so only where one is enabled.
 */
void nscaps_fill_event(struct nscaps_event *event, const struct dentry *dentry,
		       const struct vfs_caps *caps, int ret,
		       enum nscaps_reason reason)
{
	const struct inode *inode = d_backing_inode(dentry);
	const kuid_t root = vfsuid_into_kuid(caps->root);
	struct user_namespace *ns = current_user_ns();
	const struct user_namespace *owned = nscaps_owned_ns(root, ns);
	const struct rootid rootid = rootid_from_kuid(ns, root);

	*event = (struct nscaps_event) {
		.dev = inode->i_sb->s_dev,
		.ino = inode->i_ino,
		.pid = task_tgid_nr(current),
		.caller_ns = ns->ns.inum,
		.owner_ns = owned ? owned->ns.inum : 0,
		.rootid_disk = rootid_valid(caps->rootid) ?
				(s64)caps->rootid.val : -1,
		.rootid = rootid_valid(rootid) ? (s64)rootid.val : -1,
		.permitted = caps->permitted.val,
		.inheritable = caps->inheritable.val,
		.revision = caps->revision >> VFS_CAP_REVISION_SHIFT,
		.effective = caps->effective,
		.err = min(ret, 0),
		.reason = reason,
	};
}
#endif

static const struct trace_print_flags nscaps_reason_names[] = {
	NSCAPS_REASON_NAMES
};

/* The names are in the order of their numbers; KUnit sees to it. */
static const char *nscaps_reason_name(enum nscaps_reason reason)
{
	return nscaps_reason_names[reason].name;
}

/* Tell audit of what was not honoured, or, with @new, not in full. */
static void nscaps_audit_reason(const struct dentry *dentry,
				const struct vfs_caps *caps, int err,
				enum nscaps_reason reason,
				const struct cred *new)
{
	if (reason != NSCAPS_HONOURED)
		audit_log_nscaps(dentry, nscaps_reason_name(reason), err, caps,
				 new);
}

/* Tell audit of an exec, if it asks for it and there is a value to tell of. */
static noinline void nscaps_audit_exec(const struct file *file,
				       struct vfs_caps *caps, int err,
				       enum nscaps_reason reason)
{
	enum nscaps_reason found = reason;

	switch (reason) {
	case NSCAPS_DISABLED:
	case NSCAPS_MNT_NOSUID:
	case NSCAPS_MNT_FOREIGN:
	case NSCAPS_FS_FOREIGN:
		/* The file was not even looked at: do it now, to know. */
		found = nscaps_read(file_mnt_idmap(file), file->f_path.dentry,
				    caps).reason;
		break;
	default:
		break;
	}
	if (found != NSCAPS_NO_VALUE)
		nscaps_audit_reason(file->f_path.dentry, caps, err, reason,
				    NULL);
}

/*
 * The name of the xattr at a place that is known: vfs_setxattr() puts it in place
 * of the caller's, so that whoever asks for the name next compares no text.
 */
const char nscaps_xattr_name[] = XATTR_NAME_CAPS;

/* Are these four characters those of the xattr's name? */
static __always_inline bool same4(const char *name, unsigned int i)
{
	return name[i] == XATTR_NAME_CAPS[i] &&
	       name[i + 1] == XATTR_NAME_CAPS[i + 1] &&
	       name[i + 2] == XATTR_NAME_CAPS[i + 2] &&
	       name[i + 3] == XATTR_NAME_CAPS[i + 3];
}

/**
 * nscaps_name - is this the name of the xattr?
 * @name: the full name of an xattr
 *
 * All calls for all xattrs ask this.  As the name is known when this is
 * compiled, two instructions do for a character where strcmp() takes six.
 *
 * Return: true when @name is security.capability.
 */
bool nscaps_name(const char *name)
{
	static_assert(sizeof(XATTR_NAME_CAPS) == 20);
	return name == nscaps_xattr_name ||
	       (same4(name, 0) && same4(name, 4) && same4(name, 8) &&
		same4(name, 12) && same4(name, 16));
}

/* A copy of a size that is known when this is compiled is worth no loop. */
static void copy_value(void *to, const struct vfs_ns_cap_data *nscap,
		       ssize_t size)
{
	if (size == XATTR_CAPS_SZ_3)
		memcpy(to, nscap, XATTR_CAPS_SZ_3);
	else
		memcpy(to, nscap, XATTR_CAPS_SZ_2);
}

/**
 * nscaps_getxattr - getxattr(2) of security.capability
 * @idmap: idmap of the mount the inode was found on
 * @dentry: a positive dentry of the inode
 * @value: where the caller's bytes go
 * @size: how many fit there; 0 asks for the size alone
 *
 * The rootid is shown in the current user namespace.  Whoever may look the
 * file up may read the value: it is no secret.
 *
 * Locking: none; the value is read by one call of the filesystem.
 *
 * Return: the size of the value as the caller sees it, also when @size is 0;
 * -ENODATA when there is no value; -EOPNOTSUPP when the filesystem has no such
 * xattrs; -EINVAL when the value is malformed or of revision 1; -EOVERFLOW
 * when its root can not be expressed in the current user namespace; -ERANGE
 * when @size is too small; any other errno of the filesystem.
 */
ssize_t nscaps_getxattr(struct mnt_idmap *idmap, struct dentry *dentry,
			void *value, size_t size)
{
	struct vfs_ns_cap_data nscap;
	struct nscaps_verdict v;
	struct vfs_caps caps;

	v = nscaps_read(idmap, dentry, &caps);
	if (v.reason == NSCAPS_HONOURED)
		v = nscaps_to_caller(&caps, current_user_ns(), &nscap);

	if (v.reason == NSCAPS_HONOURED && value && size) {
		if (size < v.ret)
			v = verdict(-ERANGE, NSCAPS_SHORT_BUFFER);
		else
			copy_value(value, &nscap, v.ret);
	}

	trace_nscaps_get(dentry, &caps, v.ret, v.reason);
	return v.ret;
}

/**
 * nscaps_setxattr - check and translate a value for setxattr(2)
 * @idmap: idmap of the mount that is written through
 * @dentry: a positive dentry of the inode
 * @value: the caller's bytes; may be NULL when @size is 0
 * @size: their number
 * @nscap: where the bytes to store go
 *
 * The rootid, 0 in a value without one, is taken as a uid of the current user
 * namespace, and stored as one of the filesystem's.  Only who has CAP_SETFCAP
 * over the whole filesystem may store a value without a rootid, and not
 * through an idmapped mount, where root at the mount is not root on disk.
 *
 * Locking: the inode must be locked, so that what was checked is what is
 * written.  When the lock is dropped in between, this is to be called again
 * with the caller's bytes.
 *
 * Return: the size of the value in @nscap; -EINVAL when the value is empty,
 * malformed or of revision 1, or when its root has no mapping in the current
 * user namespace, the mount or the filesystem; -EPERM when the caller does
 * not have CAP_SETFCAP over the inode.
 */
ssize_t nscaps_setxattr(struct mnt_idmap *idmap, struct dentry *dentry,
			const void *value, size_t size,
			struct vfs_ns_cap_data *nscap)
{
	struct inode *inode = d_backing_inode(dentry);
	struct nscaps_verdict v;
	struct vfs_caps caps;

	lockdep_assert_held_write(&inode->i_rwsem);

	v = nscaps_may_set(idmap, inode, value, size, &caps, nscap);
	trace_nscaps_set(dentry, &caps, v.ret, v.reason, value, size);
	return v.ret;
}

/**
 * nscaps_removexattr - may the caller remove the value of an inode?
 * @idmap: idmap of the mount that is written through
 * @dentry: a positive dentry of the inode
 *
 * Locking: the inode must be locked.
 *
 * Return: 0, or -EPERM when the caller does not have CAP_SETFCAP over the
 * inode.
 */
int nscaps_removexattr(struct mnt_idmap *idmap, struct dentry *dentry)
{
	const enum nscaps_reason reason =
		nscaps_may_change(idmap, d_backing_inode(dentry));
	const int err = reason == NSCAPS_HONOURED ? 0 : -EPERM;

	trace_nscaps_remove(dentry, &NO_CAPS, err, reason);
	return err;
}

/**
 * nscaps_exec - the file capabilities that an execve(2) is to honour
 * @file: the file that gives the credentials
 * @caps: where they go; empty when there are none
 *
 * A value is ignored, and no error, when file capabilities are off, when the
 * mount is nosuid or foreign to the current user namespace, or when the
 * value's root does not own that namespace.
 *
 * Return: 0; -ENODATA when there is no value or it is ignored; -EINVAL when it
 * is malformed, which is to fail the execve(2); any other errno of the
 * filesystem.
 */
int nscaps_exec(const struct file *file, struct vfs_caps *caps)
{
	const struct nscaps_verdict v = nscaps_may_exec(file, caps);
	/* what is ignored does not fail the execve(2) */
	const int err = v.ret == -ENODATA ? 0 : v.ret;

	trace_nscaps_exec(file->f_path.dentry, caps, err, v.reason);
	if (unlikely(!audit_dummy_context()))
		nscaps_audit_exec(file, caps, err, v.reason);

	/* seen, and told of; from here on there are none */
	if (v.reason != NSCAPS_HONOURED)
		*caps = NO_CAPS;
	return v.ret;
}

/**
 * nscaps_creds - tell what execve(2) made of the capabilities it honours
 * @file: the file that gives the credentials
 * @caps: its capabilities, as nscaps_exec() returned them
 * @new: the credentials made from them; not looked at when @err is set
 * @err: 0, or the negative errno that the execve(2) fails with
 * @reason: what took capabilities away first, or %NSCAPS_HONOURED
 */
void nscaps_creds(const struct file *file, const struct vfs_caps *caps,
		  const struct cred *new, int err, enum nscaps_reason reason)
{
	if (err)
		new = NULL;
	trace_nscaps_creds(file->f_path.dentry, caps, err, reason, new);
	nscaps_audit_reason(file->f_path.dentry, caps, err, reason, new);
}

/**
 * nscaps_audit - the file capabilities that an audit record is to show
 * @idmap: idmap of the mount the inode was found on
 * @dentry: a positive dentry of the inode
 * @caps: where they go
 *
 * Return: 0; -ENODATA when there is no value, or none that counts in the
 * current user namespace; -EINVAL when it is malformed; any other errno of
 * the filesystem.
 */
int nscaps_audit(struct mnt_idmap *idmap, const struct dentry *dentry,
		 struct vfs_caps *caps)
{
	const struct nscaps_verdict v =
		nscaps_load(idmap, dentry, current_user_ns(), caps);

	if (v.reason != NSCAPS_HONOURED)
		*caps = NO_CAPS;
	return v.ret;
}

#ifdef CONFIG_NSCAPS_KUNIT_TEST
#include "tests/commoncap_ns_kunit.c"
#endif

/* What newer kernels have of their own: tests of the rule of ownership */
#ifdef CONFIG_SECURITY_COMMONCAP_KUNIT_TEST
#include "commoncap_test.c"
#endif
