// SPDX-License-Identifier: GPL-2.0-only
/*
 * A scene made of the kernel's structures
 *
 * security/commoncap_ns.c is included whole and as it is, so that its static
 * functions can be called.  NSCAPS_SOURCE names it, or a faulty copy of it.
 */

#include <stdlib.h>
#include <string.h>

#include "shim.h"
#include "world.h"
#include <linux/bsearch.h>

/* Maps that do not fit into the namespace itself are kept in order. */
#define LARGE_MAPS	(ORACLE_EXTENTS > UID_GID_MAP_MAX_BASE_EXTENTS)

static void *bsearch_(const void *key, const void *base, size_t num,
		      size_t size, cmp_func_t cmp)
{
#if LARGE_MAPS
	return __inline_bsearch(key, base, num, size, cmp);
#else
	assert(!"a small map is searched as a large one");
	return NULL;
#endif
}

/* not libc's */
#define bsearch		bsearch_
#define smp_rmb()	do { } while (0)
#define ns_capable(ns, cap) \
	(cap_capable(current_cred, ns, cap, CAP_OPT_NONE) == 0)

/* the kernel's arithmetic on uids wraps where it means to */
#ifdef __CPROVER__
#pragma CPROVER check push
#pragma CPROVER check disable "unsigned-overflow"
#endif
#ifdef MODEL_OF_MAPS
#include "maps.h"
#else
#include "extract-maps.h"
#endif
#include "extract-functions.h"
#ifdef __CPROVER__
#pragma CPROVER check pop
#endif

struct user_namespace init_user_ns = {
	.uid_map = { .extent = { { 0, 0, 0xffffffff } }, .nr_extents = 1 },
	.gid_map = { .extent = { { 0, 0, 0xffffffff } }, .nr_extents = 1 },
};

struct mnt_idmap nop_mnt_idmap;
struct mnt_idmap invalid_mnt_idmap;
int file_caps_enabled = 1;
const struct cred *current_cred;

struct told told;
bool audited;

enum nscaps_reason mnt_suid_reason(struct vfsmount *mnt)
{
	if (mnt->nosuid)
		return NSCAPS_MNT_NOSUID;
	if (mnt->foreign)
		return NSCAPS_MNT_FOREIGN;
	if (!current_in_userns(mnt->mnt_sb->s_user_ns))
		return NSCAPS_FS_FOREIGN;
	return NSCAPS_HONOURED;
}

ssize_t __vfs_getxattr(struct dentry *dentry, struct inode *inode,
		       const char *name, void *value, size_t size)
{
	struct super_block *sb = inode->i_sb;

	assert(dentry->d_inode == inode);
	assert(!strcmp(name, "security.capability"));
	sb->reads++;
	if (sb->len < 0)
		return sb->len;
	if (sb->len > size && !sb->overlong)
		return -ERANGE;

	memcpy(value, sb->value, sb->len < size ? sb->len : size);
	return sb->len;
}

#include NSCAPS_SOURCE

/* The scene */

static struct {
	struct user_namespace *ns[ORACLE_NAMESPACES];
	struct uid_gid_extent forward[ORACLE_NAMESPACES][ORACLE_EXTENTS];
	struct uid_gid_extent reverse[ORACLE_NAMESPACES][ORACLE_EXTENTS];
	struct mnt_idmap idmap;
	struct super_block sb;
	struct inode inode;
	struct dentry dentry;
	struct vfsmount mnt;
	struct file file;
	struct cred cred;
} world;

static struct user_namespace *ns_of(int ns)
{
	int i;

	/* a loop, so that a prover has one object at a time to look at */
	for (i = 1; i < ORACLE_NAMESPACES; i++)
		if (i == ns)
			return world.ns[i];
	return &init_user_ns;
}

static struct uid_gid_extent extent_of(const struct extent *extent)
{
	return (struct uid_gid_extent) {
		.first = extent->inside,
		.lower_first = extent->outside,
		.count = extent->count,
	};
}

/* Put an extent into a map that is kept in order */
static void __maybe_unused insert(struct uid_gid_extent *map, int len, bool by_lower,
		   struct uid_gid_extent extent)
{
	u32 key = by_lower ? extent.lower_first : extent.first;

	for (; len > 0; len--) {
		u32 before = by_lower ? map[len - 1].lower_first :
					map[len - 1].first;

		if (before < key)
			break;
		map[len] = map[len - 1];
	}
	map[len] = extent;
}

#if LARGE_MAPS
static void build_large_map(const struct ns *from, struct uid_gid_map *map,
			    struct uid_gid_extent *forward,
			    struct uid_gid_extent *reverse)
{
	int i;

	for (i = 0; i < from->extents; i++) {
		insert(forward, i, false, extent_of(&from->extent[i]));
		insert(reverse, i, true, extent_of(&from->extent[i]));
	}
	map->forward = forward;
	map->reverse = reverse;
}
#else
#define build_large_map(from, map, forward, reverse)	assert(0)
#endif

static void build_map(const struct scene *scene, int ns)
{
	const struct ns *from = &scene->ns[ns];
	struct uid_gid_map *map = &world.ns[ns]->uid_map;
	int i;

	*map = (struct uid_gid_map) { .nr_extents = from->extents };
	if (from->extents > UID_GID_MAP_MAX_BASE_EXTENTS) {
		build_large_map(from, map, world.forward[ns],
				world.reverse[ns]);
		return;
	}
	for (i = 0; i < ORACLE_EXTENTS && i < from->extents; i++)
		map->extent[i] = extent_of(&from->extent[i]);
}

/**
 * world_build - make the namespaces, the mount, the file and its caller
 * @scene: what they are
 * @stored: what the filesystem has; it is not copied
 */
void world_build(const struct scene *scene, const struct stored *stored)
{
	int i;

	for (i = 1; i < ORACLE_NAMESPACES && i < scene->namespaces; i++) {
		struct user_namespace *ns = world.ns[i];

		if (!ns)
			world.ns[i] = ns = malloc(sizeof(*ns));
		build_map(scene, i);
		ns->gid_map = ns->uid_map;
		ns->parent = ns_of(scene->ns[i].parent);
		ns->level = ns->parent->level + 1;
		ns->owner = KUIDT_INIT(scene->ns[i].owner);
	}

	world.sb = (struct super_block) {
		.s_user_ns = ns_of(scene->fs),
		.value = stored->bytes,
		.len = stored->len,
		.overlong = stored->overlong,
	};
	world.inode = (struct inode) {
		.i_sb = &world.sb,
		.i_uid = KUIDT_INIT(scene->uid),
		.i_gid = KGIDT_INIT(scene->gid),
	};
	world.dentry.d_inode = &world.inode;
	world.mnt = (struct vfsmount) {
		.mnt_sb = &world.sb,
		.mnt_idmap = &nop_mnt_idmap,
		.nosuid = scene->nosuid,
		.foreign = scene->foreign,
	};
	if (scene->idmap != ORACLE_NONE) {
		world.idmap.uid_map = ns_of(scene->idmap)->uid_map;
		world.idmap.gid_map = ns_of(scene->idmap)->gid_map;
		world.mnt.mnt_idmap = &world.idmap;
	}
	file_caps_enabled = !scene->disabled;
	audited = scene->audited;
	world.file.f_path.mnt = &world.mnt;
	world.file.f_path.dentry = &world.dentry;
	world_enter(scene, scene->caller);
}

/**
 * world_enter - be another caller
 * @scene: what its capabilities and uid are
 * @caller: the namespace that it is in
 */
void world_enter(const struct scene *scene, int caller)
{
	/* no other capability may help */
	kernel_cap_t caps = scene->setfcap ? CAP_EMPTY_SET : CAP_FULL_SET;

	if (scene->setfcap)
		cap_raise(caps, CAP_SETFCAP);
	else
		cap_lower(caps, CAP_SETFCAP);

	world.cred = (struct cred) {
		.user_ns = ns_of(caller),
		.euid = KUIDT_INIT(scene->euid),
		.cap_effective = caps,
	};
	current_cred = &world.cred;
}

/* How many times the filesystem was read since the scene was built */
long world_reads(void)
{
	return world.sb.reads;
}

/* The reason that the last call gave to its tracepoint */
const char *world_reason(void)
{
	return nscaps_reason_name(told.traced);
}

/* The answer that it gave to its tracepoint */
int world_told(void)
{
	return told.err;
}

/* The reason in the audit record of the last exec; NULL for no record */
const char *world_recorded(void)
{
	return told.recorded;
}

/* The functions, in plain types */

static long long plain(u32 uid)
{
	return uid == (u32)-1 ? ORACLE_NONE : (long long)uid;
}

/* What nobody put there, so that nothing is right by accident */
static struct vfs_caps poisoned(void)
{
	return (struct vfs_caps) {
		.permitted.val = 0xa5a5a5a5a5a5a5a5,
		.inheritable.val = 0xa5a5a5a5a5a5a5a5,
		.root = { 0xa5a5a5a5 },
		.revision = 0xa5a5a5a5,
		.effective = true,
		.rootid = { 0xa5a5a5a5 },
	};
}

static void plain_value(const struct vfs_caps *caps, struct rootid rootid,
			struct value *value)
{
	*value = (struct value) {
		.form = caps->revision >> VFS_CAP_REVISION_SHIFT,
		.effective = caps->effective,
		.permitted = caps->permitted.val,
		.inheritable = caps->inheritable.val,
		.rootid = rootid.val,
		.root = plain(__vfsuid_val(caps->root)),
	};
}

/* The value that the last call gave to its tracepoint */
void world_told_value(struct value *value)
{
	plain_value(&told.caps, told.caps.rootid, value);
}

bool world_name(const char *name)
{
	return nscaps_name(name);
}

/* The name at the place where it is known without a look at it */
const char *world_known_name(void)
{
	return nscaps_xattr_name;
}

int world_decode(const void *bytes, size_t size, struct value *value)
{
	struct vfs_caps caps = poisoned();
	struct rootid rootid = { 0xa5a5a5a5 };
	int err = nscaps_decode(bytes, size, &caps, &rootid);

	if (err)
		return err;
	plain_value(&caps, rootid, value);
	return 0;
}

long world_encode(const struct value *value, void *bytes)
{
	const struct vfs_caps caps = {
		.permitted.val = value->permitted,
		.inheritable.val = value->inheritable,
		.effective = value->effective,
	};

	return nscaps_encode(&caps, (u32)value->form << VFS_CAP_REVISION_SHIFT,
			     (struct rootid) { value->rootid }, bytes);
}

bool world_owns(long long kuid, int ns)
{
	return nscaps_root_owns(KUIDT_INIT(kuid), ns_of(ns));
}

long long world_root_from_fs(uint32_t rootid)
{
	return plain(__vfsuid_val(nscaps_root_from_fs(world.mnt.mnt_idmap,
						      world.sb.s_user_ns,
						      (struct rootid) { rootid })));
}

long long world_root_from_caller(int caller, uint32_t rootid)
{
	return plain(__vfsuid_val(nscaps_root_from_caller(ns_of(caller),
							  (struct rootid) { rootid })));
}

long long world_root_to_fs(long long root)
{
	vfsuid_t vfsuid = VFSUIDT_INIT(KUIDT_INIT(root));

	return plain(nscaps_root_to_fs(world.mnt.mnt_idmap, world.sb.s_user_ns,
				       vfsuid).val);
}

long world_set(const void *bytes, size_t size, void *out)
{
	long ret;

	world.inode.i_rwsem.held = true;
	ret = nscaps_setxattr(world.mnt.mnt_idmap, &world.dentry, bytes, size,
			      out);
	world.inode.i_rwsem.held = false;
	return ret;
}

long world_get(void *out, size_t size)
{
	return nscaps_getxattr(world.mnt.mnt_idmap, &world.dentry, out, size);
}

long world_remove(void)
{
	long ret;

	world.inode.i_rwsem.held = true;
	ret = nscaps_removexattr(world.mnt.mnt_idmap, &world.dentry);
	world.inode.i_rwsem.held = false;
	return ret;
}

long world_audit(struct value *value)
{
	struct vfs_caps caps = poisoned();
	long ret = nscaps_audit(world.mnt.mnt_idmap, &world.dentry, &caps);

	plain_value(&caps, caps.rootid, value);
	return ret;
}

/* Does the record of what came of an exec have the credentials? */
bool world_creds(int err, int reason)
{
	const struct vfs_caps caps = poisoned();

	told = (struct told) {};
	nscaps_creds(&world.file, &caps, &world.cred, err, reason);
	return told.creds == &world.cred;
}

long world_exec(struct value *value)
{
	struct vfs_caps caps = poisoned();
	long ret;

	told = (struct told) {};
	ret = nscaps_exec(&world.file, &caps);
	plain_value(&caps, caps.rootid, value);
	return ret;
}
