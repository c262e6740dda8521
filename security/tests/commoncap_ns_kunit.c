// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of namespaced file capabilities
 *
 * This file is included at the end of security/commoncap_ns.c, and so reaches
 * its static functions.  The tests follow that file from top to bottom: forms,
 * translation, ownership, entry points.
 *
 * Nothing here needs a filesystem or a process: user namespaces, idmaps,
 * credentials, inodes and mounts are mocks.  The namespaces are those of the
 * table in Documentation/security/nscaps.rst:
 *
 *   init
 *   |-- A   0 -> 100000
 *   |   |-- B   0 -> 101000 (uid 1000 of A)
 *   |   |-- B0  0 -> 100000 (uid 0 of A)
 *   |   `-- U   no uid is mapped yet
 *   |-- S   0 -> 200000
 *   |-- M   0 -> 300000, 5 -> 100000
 *   |-- R   5 -> 100000, 0 -> 400000: uid 0 is in its second range
 *   |   `-- R1  0 -> 400001 (uid 1 of R)
 *   |-- P   0 -> 1000, and no other uid: what any user may make
 *   |-- Z   0 -> 0
 *   |-- N   5 -> 100000, and no uid 0
 *   |-- E   0 -> 4294901760, up to the last kuid
 *   |-- H   4294967280 -> 16, up to the last uid
 *   `-- L   more extents than fit into the map itself
 *
 * Expected bytes are written out or put together here, one by one: the code
 * under test never makes its own expectations.
 */

#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>

#include "../../fs/internal.h"
#include "../../fs/mount.h"

/* Any bytes that are no value: what must not be read, or not be written. */
#define MOCK_FILLER	0xa5

/* Sets with bits in every byte, also those that no capability has a name for */
#define MOCK_PERMITTED		0x8765432112345678ULL
#define MOCK_INHERITABLE	0xfedcba9881726354ULL
#define MOCK_KNOWN_CAPS		((1ULL << (CAP_LAST_CAP + 1)) - 1)

#define MOCK_UNMAPPED		U32_MAX

/*
 * kernel/user_namespace.c refuses a child to a namespace whose level is above
 * 32, so the deepest one that there can be is of level 33.
 */
#define MOCK_DEPTH		33

/* Mock user namespaces */

#define MOCK_MAP(_uid, _kuid, _nr) \
	{ .extent = { { _uid, _kuid, _nr } }, .nr_extents = 1 }

/*
 * The owner is not the uid that the tests run with, so that owning a namespace
 * gives no capabilities.  The reference count stays 0: the code under test has
 * no business with it, and taking a reference would warn.
 */
#define MOCK_NS(_parent, _level, _uid, _kuid, _nr)		\
	{							\
		.uid_map = MOCK_MAP(_uid, _kuid, _nr),		\
		.parent = _parent,				\
		.level = _level,				\
		.owner = KUIDT_INIT(1000),			\
		.group = KGIDT_INIT(1000),			\
	}

static struct user_namespace mock_a =
	MOCK_NS(&init_user_ns, 1, 0, 100000, 65536);
static struct user_namespace mock_b = MOCK_NS(&mock_a, 2, 0, 101000, 10000);
static struct user_namespace mock_b0 = MOCK_NS(&mock_a, 2, 0, 100000, 65536);
static struct user_namespace mock_s =
	MOCK_NS(&init_user_ns, 1, 0, 200000, 65536);
static struct user_namespace mock_p = MOCK_NS(&init_user_ns, 1, 0, 1000, 1);
static struct user_namespace mock_z = MOCK_NS(&init_user_ns, 1, 0, 0, 1000);
static struct user_namespace mock_n = MOCK_NS(&init_user_ns, 1, 5, 100000, 1);
static struct user_namespace mock_e =
	MOCK_NS(&init_user_ns, 1, 0, 0xffff0000, 0xffff);
static struct user_namespace mock_h =
	MOCK_NS(&init_user_ns, 1, 0xfffffff0, 16, 15);

static struct user_namespace mock_u = {
	.parent = &mock_a,
	.level = 2,
	.owner = KUIDT_INIT(1000),
	.group = KGIDT_INIT(1000),
};

static struct user_namespace mock_m = {
	.uid_map = {
		.extent = { { 0, 300000, 5 }, { 5, 100000, 1 } },
		.nr_extents = 2,
	},
	.parent = &init_user_ns,
	.level = 1,
	.owner = KUIDT_INIT(1000),
	.group = KGIDT_INIT(1000),
};

/* so few ranges stay in the order in which they were written */
static struct user_namespace mock_r = {
	.uid_map = {
		.extent = { { 5, 100000, 1 }, { 0, 400000, 5 } },
		.nr_extents = 2,
	},
	.parent = &init_user_ns,
	.level = 1,
	.owner = KUIDT_INIT(1000),
	.group = KGIDT_INIT(1000),
};

static struct user_namespace mock_r1 = MOCK_NS(&mock_r, 2, 0, 400001, 1);

/* sorted by first */
static struct uid_gid_extent mock_l_forward[] = {
	{ 0, 700000, 1 }, { 10, 600000, 2 }, { 20, 500000, 3 },
	{ 30, 400000, 4 }, { 40, 900000, 5 }, { 50, 800000, 6 },
};

/* the same, sorted by lower_first */
static struct uid_gid_extent mock_l_reverse[] = {
	{ 30, 400000, 4 }, { 20, 500000, 3 }, { 10, 600000, 2 },
	{ 0, 700000, 1 }, { 50, 800000, 6 }, { 40, 900000, 5 },
};

static_assert(ARRAY_SIZE(mock_l_forward) > UID_GID_MAP_MAX_BASE_EXTENTS);

/* see mock_init_namespaces() for its map */
static struct user_namespace mock_l = {
	.parent = &init_user_ns,
	.level = 1,
	.owner = KUIDT_INIT(1000),
	.group = KGIDT_INIT(1000),
};

/* What cannot be initialised: a union's second half; gids, the same as uids */
static void mock_init_namespaces(void)
{
	struct user_namespace *const all[] = {
		&mock_a, &mock_b, &mock_b0, &mock_s, &mock_m, &mock_p, &mock_z,
		&mock_n, &mock_e, &mock_h, &mock_l, &mock_r, &mock_r1,
	};
	int i;

	mock_l.uid_map.forward = mock_l_forward;
	mock_l.uid_map.reverse = mock_l_reverse;
	mock_l.uid_map.nr_extents = ARRAY_SIZE(mock_l_forward);

	for (i = 0; i < ARRAY_SIZE(all); i++)
		all[i]->gid_map = all[i]->uid_map;
}

/* Mock idmaps */

KUNIT_DEFINE_ACTION_WRAPPER(mock_put_idmap, mnt_idmap_put, struct mnt_idmap *);

/**
 * mock_idmap - the idmap of a mount
 * @test: the test that uses it
 * @ns: the user namespace the mount is idmapped with, or NULL for none
 *
 * Return: the idmap, which lives as long as the test does.
 */
static struct mnt_idmap *mock_idmap(struct kunit *test,
				    struct user_namespace *ns)
{
	struct mnt_idmap *idmap;

	if (!ns)
		return &nop_mnt_idmap;

	idmap = alloc_mnt_idmap(ns);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, idmap);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, mock_put_idmap, idmap));
	return idmap;
}

/* Mock credentials */

static void mock_put_cred(void *data)
{
	struct cred *cred = data;

	/* the reference that came with the credentials was on this one */
	cred->user_ns = &init_user_ns;
	put_cred(cred);
}

/**
 * mock_cred - credentials in a user namespace
 * @test: the test that uses them
 * @ns: the user namespace, on which no reference is taken
 * @caps: the effective set
 *
 * Return: the credentials, which live as long as the test does.
 */
static struct cred *mock_cred(struct kunit *test, struct user_namespace *ns,
			      kernel_cap_t caps)
{
	struct cred *cred = prepare_creds();

	KUNIT_ASSERT_NOT_NULL(test, cred);
	KUNIT_ASSERT_PTR_EQ(test, &init_user_ns, cred->user_ns);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, mock_put_cred, cred));
	cred->user_ns = ns;
	cred->cap_effective = caps;
	return cred;
}

/* Reading and executing need no capability at all. */
static struct cred *mock_user(struct kunit *test, struct user_namespace *ns)
{
	return mock_cred(test, ns, CAP_EMPTY_SET);
}

/* No other capability may help, nor be needed. */
static struct cred *mock_setter(struct kunit *test, struct user_namespace *ns,
				bool setfcap)
{
	kernel_cap_t caps = setfcap ? CAP_EMPTY_SET : CAP_FULL_SET;

	if (setfcap)
		cap_raise(caps, CAP_SETFCAP);
	else
		cap_lower(caps, CAP_SETFCAP);
	return mock_cred(test, ns, caps);
}

/* Mock files */

/**
 * struct mock_file - a file, from its mount down to the value of its xattr
 * @sb: its superblock
 * @inode: its inode
 * @dentry: its dentry
 * @mount: the mount it is seen through
 * @value: what the filesystem has stored
 * @len: how many bytes of it, or the errno of the filesystem
 * @overlong: the filesystem returns @len even where it does not fit
 * @calls: how many times the filesystem was called
 * @size: the size of the buffer it was last called with
 */
struct mock_file {
	struct super_block sb;
	struct inode inode;
	struct dentry dentry;
	struct mount mount;
	u8 value[32];
	ssize_t len;
	bool overlong;
	int calls;
	size_t size;
};

static int mock_get(const struct xattr_handler *handler, struct dentry *dentry,
		    struct inode *inode, const char *name, void *buffer,
		    size_t size)
{
	struct mock_file *file = container_of(inode, struct mock_file, inode);

	if (dentry != &file->dentry || strcmp(name, XATTR_CAPS_SUFFIX))
		return -ENOENT;

	file->calls++;
	file->size = size;
	if (file->len < 0 || !size)
		return file->len;
	if (size < file->len && !file->overlong)
		return -ERANGE;

	memcpy(buffer, file->value, min_t(size_t, size, file->len));
	return file->len;
}

static const struct xattr_handler mock_handler = {
	.prefix = XATTR_SECURITY_PREFIX,
	.get = mock_get,
};

static const struct xattr_handler * const mock_handlers[] = {
	&mock_handler,
	NULL
};

static const struct xattr_handler mock_handler_without_get = {
	.prefix = XATTR_SECURITY_PREFIX,
};

static const struct xattr_handler * const mock_handlers_without_get[] = {
	&mock_handler_without_get,
	NULL
};

/**
 * mock_file - a file without a value
 * @test: the test that uses it
 * @fs_ns: the user namespace of its filesystem
 * @idmap_ns: the user namespace of its mount's idmap, or NULL for none
 *
 * The mount is the caller's own, and not nosuid.
 *
 * Return: the file, which lives as long as the test does.
 */
static struct mock_file *mock_file(struct kunit *test,
				   struct user_namespace *fs_ns,
				   struct user_namespace *idmap_ns)
{
	struct mock_file *file = kunit_kzalloc(test, sizeof(*file), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, file);

	file->sb.s_user_ns = fs_ns;
	file->sb.s_xattr = mock_handlers;

	file->inode.i_sb = &file->sb;
	file->inode.i_mode = S_IFREG | 0755;
	file->inode.i_opflags = IOP_XATTR;
	init_rwsem(&file->inode.i_rwsem);

	file->dentry.d_sb = &file->sb;
	file->dentry.d_inode = &file->inode;

	file->mount.mnt_ns = current->nsproxy->mnt_ns;
	file->mount.mnt.mnt_sb = &file->sb;
	file->mount.mnt.mnt_root = &file->dentry;
	file->mount.mnt.mnt_idmap = mock_idmap(test, idmap_ns);

	file->len = -ENODATA;
	return file;
}

static void mock_le32(u8 *bytes, u32 val)
{
	bytes[0] = val;
	bytes[1] = val >> 8;
	bytes[2] = val >> 16;
	bytes[3] = val >> 24;
}

/* A value with the mock sets, effective, put together byte by byte. */
static size_t mock_value(u8 *bytes, u32 revision, u32 rootid)
{
	mock_le32(bytes, revision | VFS_CAP_FLAGS_EFFECTIVE);
	mock_le32(bytes + 4, MOCK_PERMITTED & U32_MAX);
	mock_le32(bytes + 8, MOCK_INHERITABLE & U32_MAX);
	if (revision == VFS_CAP_REVISION_1)
		return 12;

	mock_le32(bytes + 12, MOCK_PERMITTED >> 32);
	mock_le32(bytes + 16, MOCK_INHERITABLE >> 32);
	if (revision == VFS_CAP_REVISION_2)
		return 20;

	mock_le32(bytes + 20, rootid);
	return 24;
}

static void mock_store(struct mock_file *file, u32 revision, u32 rootid)
{
	file->len = mock_value(file->value, revision, rootid);
}

/* The entry points, as called by a task with some credentials */

static ssize_t getxattr_as(const struct cred *cred, struct mock_file *file,
			   void *value, size_t size)
{
	const struct cred *old = override_creds(cred);
	ssize_t ret;

	file->calls = 0;
	ret = nscaps_getxattr(mnt_idmap(&file->mount.mnt), &file->dentry, value,
			      size);
	revert_creds(old);
	return ret;
}

static ssize_t setxattr_as(const struct cred *cred, struct mock_file *file,
			   const void *value, size_t size,
			   struct vfs_ns_cap_data *nscap)
{
	const struct cred *old = override_creds(cred);
	ssize_t ret;

	inode_lock(&file->inode);
	ret = nscaps_setxattr(mnt_idmap(&file->mount.mnt), &file->dentry, value,
			      size, nscap);
	inode_unlock(&file->inode);
	revert_creds(old);
	return ret;
}

static int removexattr_as(const struct cred *cred, struct mock_file *file)
{
	const struct cred *old = override_creds(cred);
	int ret;

	inode_lock(&file->inode);
	ret = nscaps_removexattr(mnt_idmap(&file->mount.mnt), &file->dentry);
	inode_unlock(&file->inode);
	revert_creds(old);
	return ret;
}

static int exec_as(const struct cred *cred, struct mock_file *mock,
		   struct vfs_caps *caps)
{
	const struct file file = {
		.f_path = {
			.mnt = &mock->mount.mnt,
			.dentry = &mock->dentry,
		},
		.f_inode = &mock->inode,
	};
	const struct cred *old = override_creds(cred);
	int ret;

	mock->calls = 0;
	ret = nscaps_exec(&file, caps);
	revert_creds(old);
	return ret;
}

/* The same, and why; with the value also where it is ignored */
static enum nscaps_reason why_exec_as(const struct cred *cred,
				      struct mock_file *mock,
				      struct vfs_caps *caps)
{
	const struct file file = {
		.f_path = {
			.mnt = &mock->mount.mnt,
			.dentry = &mock->dentry,
		},
		.f_inode = &mock->inode,
	};
	const struct cred *old = override_creds(cred);
	struct nscaps_verdict v;

	mock->calls = 0;
	v = nscaps_may_exec(&file, caps);
	revert_creds(old);
	return v.reason;
}

static enum nscaps_reason why_set_as(const struct cred *cred,
				     struct mock_file *file, const void *value,
				     size_t size, struct vfs_caps *caps)
{
	const struct cred *old = override_creds(cred);
	struct vfs_ns_cap_data nscap;
	struct nscaps_verdict v;

	inode_lock(&file->inode);
	v = nscaps_may_set(mnt_idmap(&file->mount.mnt), &file->inode, value,
			   size, caps, &nscap);
	inode_unlock(&file->inode);
	revert_creds(old);
	return v.reason;
}

static int audit_as(const struct cred *cred, struct mock_file *file,
		    struct vfs_caps *caps)
{
	const struct cred *old = override_creds(cred);
	int ret;

	file->calls = 0;
	ret = nscaps_audit(mnt_idmap(&file->mount.mnt), &file->dentry, caps);
	revert_creds(old);
	return ret;
}

/* Something else than what is expected, so that nothing is right by accident */
static void mock_poison(struct vfs_caps *caps)
{
	memset(caps, MOCK_FILLER, sizeof(*caps));
	caps->effective = true;
}

static void expect_no_caps(struct kunit *test, const struct vfs_caps *caps)
{
	KUNIT_EXPECT_EQ(test, 0, caps->permitted.val);
	KUNIT_EXPECT_EQ(test, 0, caps->inheritable.val);
	KUNIT_EXPECT_EQ(test, U32_MAX, __vfsuid_val(caps->root));
	KUNIT_EXPECT_EQ(test, U32_MAX, caps->rootid.val);
	KUNIT_EXPECT_EQ(test, 0, caps->revision);
	KUNIT_EXPECT_FALSE(test, caps->effective);
}

/* Only what this kernel knows is honoured. */
static void expect_mock_caps(struct kunit *test, const struct vfs_caps *caps,
			     u32 revision, u32 root)
{
	u64 permitted = MOCK_PERMITTED & MOCK_KNOWN_CAPS;
	u64 inheritable = MOCK_INHERITABLE & MOCK_KNOWN_CAPS;

	if (revision == VFS_CAP_REVISION_1) {
		permitted &= U32_MAX;
		inheritable &= U32_MAX;
	}

	KUNIT_EXPECT_EQ(test, permitted, caps->permitted.val);
	KUNIT_EXPECT_EQ(test, inheritable, caps->inheritable.val);
	KUNIT_EXPECT_EQ(test, root, __vfsuid_val(caps->root));
	KUNIT_EXPECT_EQ(test, revision, caps->revision);
	KUNIT_EXPECT_TRUE(test, caps->effective);
}

static void expect_filler(struct kunit *test, const u8 *bytes, size_t size)
{
	KUNIT_EXPECT_NULL(test, memchr_inv(bytes, MOCK_FILLER, size));
}

/* Forms */

/**
 * struct mock_form - a well-formed value: its bytes, and what they mean
 * @name: its name
 * @bytes: the bytes
 * @size: their number
 * @revision: the revision
 * @effective: the flag
 * @permitted: the permitted set
 * @inheritable: the inheritable set
 * @rootid: the rootid, 0 in a form that has none
 */
struct mock_form {
	const char *name;
	u8 bytes[XATTR_CAPS_SZ];
	size_t size;
	u32 revision;
	bool effective;
	u64 permitted;
	u64 inheritable;
	u32 rootid;
};

/* The form that is honoured, and never written */
static const struct mock_form mock_old_forms[] = {
	{
		.name = "v1 empty",
		.bytes = {
			0x00, 0x00, 0x00, 0x01,
			0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		},
		.size = 12,
		.revision = VFS_CAP_REVISION_1,
	}, {
		/* every byte is in its place: the words are little-endian */
		.name = "v1 byte order",
		.bytes = {
			0x01, 0x00, 0x00, 0x01,
			0x04, 0x03, 0x02, 0x01, 0x08, 0x07, 0x06, 0x05,
		},
		.size = 12,
		.revision = VFS_CAP_REVISION_1,
		.effective = true,
		.permitted = 0x01020304,
		.inheritable = 0x05060708,
	}, {
		/* a set that has no upper half gets none */
		.name = "v1 all bits",
		.bytes = {
			0x01, 0x00, 0x00, 0x01,
			0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		},
		.size = 12,
		.revision = VFS_CAP_REVISION_1,
		.effective = true,
		.permitted = 0xffffffff,
		.inheritable = 0xffffffff,
	},
};

/* The forms that are written, in the one way there is to write each value */
static const struct mock_form mock_forms[] = {
	{
		.name = "v2 empty",
		.bytes = {
			0x00, 0x00, 0x00, 0x02,
			0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
			0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		},
		.size = 20,
		.revision = VFS_CAP_REVISION_2,
	}, {
		.name = "v2 empty effective",
		.bytes = {
			0x01, 0x00, 0x00, 0x02,
			0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
			0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		},
		.size = 20,
		.revision = VFS_CAP_REVISION_2,
		.effective = true,
	}, {
		.name = "v2 cap_net_raw=ep",
		.bytes = {
			0x01, 0x00, 0x00, 0x02,
			0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
			0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		},
		.size = 20,
		.revision = VFS_CAP_REVISION_2,
		.effective = true,
		.permitted = 0x2000,
	}, {
		/* lower halves come first, and permitted before inheritable */
		.name = "v2 byte order",
		.bytes = {
			0x00, 0x00, 0x00, 0x02,
			0x08, 0x07, 0x06, 0x05, 0x18, 0x17, 0x16, 0x15,
			0x04, 0x03, 0x02, 0x01, 0x14, 0x13, 0x12, 0x11,
		},
		.size = 20,
		.revision = VFS_CAP_REVISION_2,
		.permitted = 0x0102030405060708,
		.inheritable = 0x1112131415161718,
	}, {
		/* no bit is lost, also none that has no name yet */
		.name = "v2 all bits",
		.bytes = {
			0x01, 0x00, 0x00, 0x02,
			0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		},
		.size = 20,
		.revision = VFS_CAP_REVISION_2,
		.effective = true,
		.permitted = U64_MAX,
		.inheritable = U64_MAX,
	}, {
		.name = "v3 empty",
		.bytes = {
			0x00, 0x00, 0x00, 0x03,
			0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
			0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
			0x00, 0x00, 0x00, 0x00,
		},
		.size = 24,
		.revision = VFS_CAP_REVISION_3,
	}, {
		.name = "v3 cap_net_raw=ep rootid 100000",
		.bytes = {
			0x01, 0x00, 0x00, 0x03,
			0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
			0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
			0xa0, 0x86, 0x01, 0x00,
		},
		.size = 24,
		.revision = VFS_CAP_REVISION_3,
		.effective = true,
		.permitted = 0x2000,
		.rootid = 100000,
	}, {
		.name = "v3 byte order",
		.bytes = {
			0x00, 0x00, 0x00, 0x03,
			0x08, 0x07, 0x06, 0x05, 0x18, 0x17, 0x16, 0x15,
			0x04, 0x03, 0x02, 0x01, 0x14, 0x13, 0x12, 0x11,
			0x24, 0x23, 0x22, 0x21,
		},
		.size = 24,
		.revision = VFS_CAP_REVISION_3,
		.permitted = 0x0102030405060708,
		.inheritable = 0x1112131415161718,
		.rootid = 0x21222324,
	}, {
		/* a rootid of -1 is well formed; translation refuses it */
		.name = "v3 all bits",
		.bytes = {
			0x01, 0x00, 0x00, 0x03,
			0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xff, 0xff, 0xff,
		},
		.size = 24,
		.revision = VFS_CAP_REVISION_3,
		.effective = true,
		.permitted = U64_MAX,
		.inheritable = U64_MAX,
		.rootid = U32_MAX,
	},
};

KUNIT_ARRAY_PARAM_DESC(mock_old_forms, mock_old_forms, name);
KUNIT_ARRAY_PARAM_DESC(mock_forms, mock_forms, name);

static void expect_form(struct kunit *test, const struct mock_form *form,
			const struct vfs_caps *caps, struct rootid rootid)
{
	KUNIT_EXPECT_EQ(test, form->permitted, caps->permitted.val);
	KUNIT_EXPECT_EQ(test, form->inheritable, caps->inheritable.val);
	KUNIT_EXPECT_EQ(test, form->revision, caps->revision);
	KUNIT_EXPECT_EQ(test, form->effective, caps->effective);
	KUNIT_EXPECT_EQ(test, form->rootid, rootid.val);
	/* bytes alone make no root: who forgets to translate gets none */
	KUNIT_EXPECT_EQ(test, U32_MAX, __vfsuid_val(caps->root));
}

/* What the bytes mean, and that nothing behind them is taken for part of them. */
static void nscaps_test_decode(struct kunit *test)
{
	const struct mock_form *form = test->param_value;
	u8 *buffer = kunit_kmalloc(test, 32, GFP_KERNEL);
	u8 *exact = kunit_kmalloc(test, form->size, GFP_KERNEL);
	struct vfs_caps caps;
	struct rootid rootid;

	KUNIT_ASSERT_NOT_NULL(test, buffer);
	KUNIT_ASSERT_NOT_NULL(test, exact);

	memset(buffer, MOCK_FILLER, 32);
	memcpy(buffer, form->bytes, form->size);
	mock_poison(&caps);
	rootid.val = 12345;
	KUNIT_EXPECT_EQ(test, 0,
			nscaps_decode(buffer, form->size, &caps, &rootid));
	expect_form(test, form, &caps, rootid);

	/* with KASAN this finds a read behind the end as well */
	memcpy(exact, form->bytes, form->size);
	mock_poison(&caps);
	rootid.val = 12345;
	KUNIT_EXPECT_EQ(test, 0,
			nscaps_decode(exact, form->size, &caps, &rootid));
	expect_form(test, form, &caps, rootid);
}

static void nscaps_test_decode_v1(struct kunit *test)
{
	nscaps_test_decode(test);
}

/* The bytes, and that revision and root of the caps are not looked at. */
static void nscaps_test_encode(struct kunit *test)
{
	const struct mock_form *form = test->param_value;
	const struct vfs_caps caps = {
		.permitted.val = form->permitted,
		.inheritable.val = form->inheritable,
		.root = VFSUIDT_INIT(KUIDT_INIT(4711)),
		.revision = 0xaa000000,
		.effective = form->effective,
	};
	struct vfs_ns_cap_data nscap;
	struct rootid rootid = { form->rootid };
	ssize_t len;

	memset(&nscap, MOCK_FILLER, sizeof(nscap));
	len = nscaps_encode(&caps, form->revision, rootid, &nscap);
	KUNIT_ASSERT_EQ(test, (ssize_t)form->size, len);
	KUNIT_EXPECT_MEMEQ(test, form->bytes, (u8 *)&nscap, form->size);

	if (form->revision == VFS_CAP_REVISION_2) {
		/* a rootid does not make it longer or other */
		rootid.val = 100000;
		len = nscaps_encode(&caps, form->revision, rootid, &nscap);
		KUNIT_ASSERT_EQ(test, (ssize_t)form->size, len);
		KUNIT_EXPECT_MEMEQ(test, form->bytes, (u8 *)&nscap, form->size);
	}
}

/* encode(decode(b)) == b */
static void nscaps_test_round_trip_of_bytes(struct kunit *test)
{
	const struct mock_form *form = test->param_value;
	struct vfs_ns_cap_data nscap;
	struct vfs_caps caps;
	struct rootid rootid;

	KUNIT_ASSERT_EQ(test, 0, nscaps_decode(form->bytes, form->size, &caps,
					       &rootid));
	KUNIT_ASSERT_EQ(test, (ssize_t)form->size,
			nscaps_encode(&caps, caps.revision, rootid, &nscap));
	KUNIT_EXPECT_MEMEQ(test, form->bytes, (u8 *)&nscap, form->size);
}

/* decode(encode(x)) == x, for each bit alone and each bit missing */
static void nscaps_test_round_trip_of_caps(struct kunit *test)
{
	const u32 revisions[] = { VFS_CAP_REVISION_2, VFS_CAP_REVISION_3 };
	struct vfs_ns_cap_data nscap;
	struct vfs_caps caps;
	struct rootid rootid;
	int i, bit;

	for (i = 0; i < 4 * 64; i++) {
		const u32 revision = revisions[i & 1];
		const u64 flip = i & 2 ? U64_MAX : 0;

		bit = i / 4;
		caps = (struct vfs_caps) {
			.permitted.val = BIT_ULL(bit) ^ flip,
			.inheritable.val = BIT_ULL(63 - bit) ^ flip,
			.effective = bit & 1,
		};
		rootid.val = rol32(0x186a0, bit);
		KUNIT_ASSERT_EQ(test, 0,
				nscaps_decode(&nscap,
					      nscaps_encode(&caps, revision,
							    rootid, &nscap),
					      &caps, &rootid));
		KUNIT_EXPECT_EQ(test, BIT_ULL(bit) ^ flip, caps.permitted.val);
		KUNIT_EXPECT_EQ(test, BIT_ULL(63 - bit) ^ flip,
				caps.inheritable.val);
		KUNIT_EXPECT_EQ(test, (bool)(bit & 1), caps.effective);
		KUNIT_EXPECT_EQ(test, revision, caps.revision);
		KUNIT_EXPECT_EQ(test, revision == VFS_CAP_REVISION_3 ?
				rol32(0x186a0, bit) : 0, rootid.val);
	}
}

/* A size is of one revision, or of none. */
static void nscaps_test_revision_of_size(struct kunit *test)
{
	size_t size;

	for (size = 0; size <= 4096; size++) {
		const u32 expected = size == 12 ? 0x01000000 :
				     size == 20 ? 0x02000000 :
				     size == 24 ? 0x03000000 : 0;

		KUNIT_EXPECT_EQ_MSG(test, expected, revision_of_size(size),
				    "size %zu", size);
	}
	KUNIT_EXPECT_EQ(test, 0, revision_of_size(XATTR_SIZE_MAX));
	KUNIT_EXPECT_EQ(test, 0, revision_of_size(SIZE_MAX));
	/* no size is taken for another by losing its upper bits */
	KUNIT_EXPECT_EQ(test, 0, revision_of_size(BIT(8) + 20));
	KUNIT_EXPECT_EQ(test, 0, revision_of_size(BIT(16) + 20));
	KUNIT_EXPECT_EQ(test, 0, revision_of_size(SIZE_MAX / 2 + 1 + 20));
	if (BITS_PER_LONG == 64)
		KUNIT_EXPECT_EQ(test, 0, revision_of_size(SIZE_MAX << 32 | 20));
}

static const u8 mock_bad_sizes[] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 21,
	22, 23, 25, 26, 27, 28, 29, 30, 31, 32,
};

static void mock_size_desc(const u8 *size, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "size %u", *size);
}

KUNIT_ARRAY_PARAM(mock_bad_sizes, mock_bad_sizes, mock_size_desc);

/* Truncated and overlong values are refused, whatever they claim to be. */
static void nscaps_test_decode_size(struct kunit *test)
{
	const u8 *size = test->param_value;
	u8 *bytes = kunit_kzalloc(test, 32, GFP_KERNEL);
	struct vfs_caps caps;
	struct rootid rootid;
	u32 revision;

	KUNIT_ASSERT_NOT_NULL(test, bytes);
	for (revision = 0; revision <= 4; revision++) {
		mock_value(bytes, revision << 24, 100000);
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    nscaps_decode(bytes, *size, &caps, &rootid),
				    "revision %u", revision);
	}
}

/* The empty value has no bytes to look at. */
static void nscaps_test_decode_null(struct kunit *test)
{
	struct vfs_caps caps;
	struct rootid rootid;

	KUNIT_EXPECT_EQ(test, -EINVAL, nscaps_decode(NULL, 0, &caps, &rootid));
}

static const u8 mock_good_sizes[] = { 12, 20, 24 };

KUNIT_ARRAY_PARAM(mock_good_sizes, mock_good_sizes, mock_size_desc);

/* Of 256 revisions a size has one, with and without the flag. */
static void nscaps_test_decode_revision(struct kunit *test)
{
	const u8 *size = test->param_value;
	const u32 own = *size == 12 ? 1 : *size == 20 ? 2 : 3;
	__le32 words[6] = { };
	struct vfs_caps caps;
	struct rootid rootid;
	u32 revision, flag;

	for (revision = 0; revision <= 0xff; revision++) {
		for (flag = 0; flag <= 1; flag++) {
			mock_le32((u8 *)words, revision << 24 | flag);
			KUNIT_EXPECT_EQ_MSG(test,
					    revision == own ? 0 : -EINVAL,
					    nscaps_decode(words, *size, &caps,
							  &rootid),
					    "revision %u, flag %u", revision,
					    flag);
		}
	}
}

/*
 * An unknown flag may mean anything to a later kernel, so it means nothing to
 * this one: each is refused, alone and beside the known one.
 */
static void nscaps_test_decode_flags(struct kunit *test)
{
	const u8 *size = test->param_value;
	const u32 own = *size == 12 ? 1 : *size == 20 ? 2 : 3;
	__le32 words[6] = { };
	struct vfs_caps caps;
	struct rootid rootid;
	u32 flags;
	int bit;

	for (bit = 1; bit < 24; bit++) {
		for (flags = 0; flags <= 1; flags++) {
			mock_le32((u8 *)words, own << 24 | BIT(bit) | flags);
			KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
					    nscaps_decode(words, *size, &caps,
							  &rootid),
					    "bit %d beside %u", bit, flags);
		}
	}
	mock_le32((u8 *)words, own << 24 | 0xfffffe);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			nscaps_decode(words, *size, &caps, &rootid));
	mock_le32((u8 *)words, own << 24 | 0xffffff);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			nscaps_decode(words, *size, &caps, &rootid));
}

/* A value written in the other byte order is none. */
static void nscaps_test_decode_swapped(struct kunit *test)
{
	const u8 *size = test->param_value;
	const u8 own = *size == 12 ? 1 : *size == 20 ? 2 : 3;
	__le32 words[6] = { };
	struct vfs_caps caps;
	struct rootid rootid;

	((u8 *)words)[0] = own;
	KUNIT_EXPECT_EQ(test, -EINVAL,
			nscaps_decode(words, *size, &caps, &rootid));
	/* for revision 1 with the flag both orders are the same bytes */
	((u8 *)words)[3] = 1;
	KUNIT_EXPECT_EQ(test, own == 1 ? 0 : -EINVAL,
			nscaps_decode(words, *size, &caps, &rootid));
}

/* Translation */

/**
 * struct mock_translation - a rootid on disk and its root at the mount
 * @name: what is special about them
 * @fs_ns: the user namespace of the filesystem
 * @idmap_ns: the user namespace of the mount's idmap, or NULL for none
 * @rootid: the rootid
 * @root: the root, or MOCK_UNMAPPED
 */
struct mock_translation {
	const char *name;
	struct user_namespace *fs_ns;
	struct user_namespace *idmap_ns;
	u32 rootid;
	u32 root;
};

static const struct mock_translation mock_translations[] = {
	{ "init 0", &init_user_ns, NULL, 0, 0 },
	{ "init 1", &init_user_ns, NULL, 1, 1 },
	{ "init 100000", &init_user_ns, NULL, 100000, 100000 },
	{ "init last", &init_user_ns, NULL, 0xfffffffe, 0xfffffffe },
	{ "init -1", &init_user_ns, NULL, U32_MAX, MOCK_UNMAPPED },

	{ "A 0", &mock_a, NULL, 0, 100000 },
	{ "A 1000", &mock_a, NULL, 1000, 101000 },
	{ "A last", &mock_a, NULL, 65535, 165535 },
	{ "A behind the last", &mock_a, NULL, 65536, MOCK_UNMAPPED },
	{ "A its own kuid", &mock_a, NULL, 100000, MOCK_UNMAPPED },
	{ "A -1", &mock_a, NULL, U32_MAX, MOCK_UNMAPPED },
	/* 100000 + rootid is 0 in 32 bits */
	{ "A wraps to kuid 0", &mock_a, NULL, -100000U, MOCK_UNMAPPED },
	{ "A wraps to kuid -1", &mock_a, NULL, -100001U, MOCK_UNMAPPED },
	{ "A sign bit", &mock_a, NULL, BIT(31), MOCK_UNMAPPED },

	{ "U 0", &mock_u, NULL, 0, MOCK_UNMAPPED },
	{ "U -1", &mock_u, NULL, U32_MAX, MOCK_UNMAPPED },
	{ "P 0", &mock_p, NULL, 0, 1000 },
	{ "P 1", &mock_p, NULL, 1, MOCK_UNMAPPED },
	{ "N 0", &mock_n, NULL, 0, MOCK_UNMAPPED },
	{ "N before the first", &mock_n, NULL, 4, MOCK_UNMAPPED },
	{ "N 5", &mock_n, NULL, 5, 100000 },
	{ "N behind the last", &mock_n, NULL, 6, MOCK_UNMAPPED },
	{ "E last kuid", &mock_e, NULL, 0xfffe, 0xfffffffe },
	{ "E behind the last kuid", &mock_e, NULL, 0xffff, MOCK_UNMAPPED },
	{ "H first", &mock_h, NULL, 0xfffffff0, 16 },
	{ "H last uid", &mock_h, NULL, 0xfffffffe, 30 },
	{ "H -1", &mock_h, NULL, U32_MAX, MOCK_UNMAPPED },
	{ "H 0", &mock_h, NULL, 0, MOCK_UNMAPPED },
	{ "M 0", &mock_m, NULL, 0, 300000 },
	{ "M 5", &mock_m, NULL, 5, 100000 },
	{ "M 6", &mock_m, NULL, 6, MOCK_UNMAPPED },
	{ "R 0", &mock_r, NULL, 0, 400000 },
	{ "R 5", &mock_r, NULL, 5, 100000 },
	{ "R 6", &mock_r, NULL, 6, MOCK_UNMAPPED },
	{ "L 0", &mock_l, NULL, 0, 700000 },
	{ "L 1", &mock_l, NULL, 1, MOCK_UNMAPPED },
	{ "L 55", &mock_l, NULL, 55, 800005 },
	{ "L 56", &mock_l, NULL, 56, MOCK_UNMAPPED },
};

static const struct mock_translation mock_idmapped_translations[] = {
	/* mounts of a filesystem of init */
	{ "init idmapped A 0", &init_user_ns, &mock_a, 0, 100000 },
	{ "init idmapped A last", &init_user_ns, &mock_a, 65535, 165535 },
	{ "init idmapped A behind the last", &init_user_ns, &mock_a, 65536,
	  MOCK_UNMAPPED },
	{ "init idmapped A its own kuid", &init_user_ns, &mock_a, 100000,
	  MOCK_UNMAPPED },
	{ "init idmapped A -1", &init_user_ns, &mock_a, U32_MAX,
	  MOCK_UNMAPPED },
	{ "init idmapped A wraps to 0", &init_user_ns, &mock_a, -100000U,
	  MOCK_UNMAPPED },
	{ "init idmapped Z 0", &init_user_ns, &mock_z, 0, 0 },
	{ "init idmapped N 0", &init_user_ns, &mock_n, 0, MOCK_UNMAPPED },
	{ "init idmapped N 5", &init_user_ns, &mock_n, 5, 100000 },
	{ "init idmapped E last kuid", &init_user_ns, &mock_e, 0xfffe,
	  0xfffffffe },
	{ "init idmapped E behind", &init_user_ns, &mock_e, 0xffff,
	  MOCK_UNMAPPED },
	{ "init idmapped L 20", &init_user_ns, &mock_l, 20, 500000 },

	/* mounts of a filesystem of a namespace */
	{ "A idmapped S 0", &mock_a, &mock_s, 0, 200000 },
	{ "A idmapped S 1000", &mock_a, &mock_s, 1000, 201000 },
	{ "A idmapped S behind the last", &mock_a, &mock_s, 65536,
	  MOCK_UNMAPPED },
	{ "A idmapped P 0", &mock_a, &mock_p, 0, 1000 },
	/* mapped in the filesystem, and not by the mount */
	{ "A idmapped P 1", &mock_a, &mock_p, 1, MOCK_UNMAPPED },
	/* mapped by the mount, and not in the filesystem */
	{ "P idmapped A 1", &mock_p, &mock_a, 1, MOCK_UNMAPPED },
	{ "U idmapped A 0", &mock_u, &mock_a, 0, MOCK_UNMAPPED },
};

KUNIT_ARRAY_PARAM_DESC(mock_translations, mock_translations, name);
KUNIT_ARRAY_PARAM_DESC(mock_idmapped_translations, mock_idmapped_translations,
		       name);

/* Disk to mount, and for what is mapped the way back as well. */
static void nscaps_test_root_of_fs(struct kunit *test)
{
	const struct mock_translation *param = test->param_value;
	struct mnt_idmap *idmap = mock_idmap(test, param->idmap_ns);
	vfsuid_t root;

	root = nscaps_root_from_fs(idmap, param->fs_ns,
				   (struct rootid) { param->rootid });
	KUNIT_EXPECT_EQ(test, param->root, __vfsuid_val(root));
	KUNIT_EXPECT_EQ(test, param->root != MOCK_UNMAPPED, vfsuid_valid(root));

	if (vfsuid_valid(root)) {
		struct rootid rootid;

		rootid = nscaps_root_to_fs(idmap, param->fs_ns, root);
		KUNIT_EXPECT_EQ(test, param->rootid, rootid.val);
		KUNIT_EXPECT_TRUE(test, rootid_valid(rootid));
	}
}

static void nscaps_test_root_of_idmapped_fs(struct kunit *test)
{
	nscaps_test_root_of_fs(test);
}

/* Roots that have no rootid: none of them is stored as one. */
static const struct mock_translation mock_unstorable[] = {
	{ "init invalid root", &init_user_ns, NULL, 0, U32_MAX },
	{ "A invalid root", &mock_a, NULL, 0, U32_MAX },
	{ "A kuid 0", &mock_a, NULL, 0, 0 },
	{ "A before the first", &mock_a, NULL, 0, 99999 },
	{ "A behind the last", &mock_a, NULL, 0, 165536 },
	{ "A the root of S", &mock_a, NULL, 0, 200000 },
	{ "U root of A", &mock_u, NULL, 0, 100000 },
	{ "P kuid 1001", &mock_p, NULL, 0, 1001 },
	{ "init idmapped A invalid root", &init_user_ns, &mock_a, 0, U32_MAX },
	/* what init would write there if the idmap were forgotten */
	{ "init idmapped A kuid 0", &init_user_ns, &mock_a, 0, 0 },
	{ "init idmapped A before the first", &init_user_ns, &mock_a, 0,
	  99999 },
	{ "init idmapped A behind the last", &init_user_ns, &mock_a, 0,
	  165536 },
	{ "A idmapped S root of A", &mock_a, &mock_s, 0, 100000 },
	/* mapped by the mount to uid 1, which the filesystem has not */
	{ "P idmapped A kuid 100001", &mock_p, &mock_a, 0, 100001 },
	{ "U idmapped A root of A", &mock_u, &mock_a, 0, 100000 },
};

KUNIT_ARRAY_PARAM_DESC(mock_unstorable, mock_unstorable, name);

static void nscaps_test_root_to_fs_unmapped(struct kunit *test)
{
	const struct mock_translation *param = test->param_value;
	struct mnt_idmap *idmap = mock_idmap(test, param->idmap_ns);
	vfsuid_t root = VFSUIDT_INIT(KUIDT_INIT(param->root));
	struct rootid rootid = nscaps_root_to_fs(idmap, param->fs_ns, root);

	KUNIT_EXPECT_EQ(test, MOCK_UNMAPPED, rootid.val);
	KUNIT_EXPECT_FALSE(test, rootid_valid(rootid));
}

/* A mount that maps nothing has no roots. */
static void nscaps_test_root_invalid_idmap(struct kunit *test)
{
	const u32 ids[] = { 0, 1, 100000, 0xfffffffe, U32_MAX };
	int i;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		vfsuid_t root;
		struct rootid rootid;

		root = nscaps_root_from_fs(&invalid_mnt_idmap, &init_user_ns,
					   (struct rootid) { ids[i] });
		KUNIT_EXPECT_FALSE(test, vfsuid_valid(root));
		root = VFSUIDT_INIT(KUIDT_INIT(ids[i]));
		rootid = nscaps_root_to_fs(&invalid_mnt_idmap, &init_user_ns,
					   root);
		KUNIT_EXPECT_FALSE(test, rootid_valid(rootid));
	}
}

/* The caller's rootid is a root at the mount: neither fs nor idmap matter. */
static void nscaps_test_root_from_caller(struct kunit *test)
{
	const struct mock_translation *param = test->param_value;
	vfsuid_t root;

	root = nscaps_root_from_caller(param->fs_ns,
				       (struct rootid) { param->rootid });
	KUNIT_EXPECT_EQ(test, param->root, __vfsuid_val(root));
}

/* Ownership */

/**
 * struct mock_owner - a root and a user namespace
 * @name: what they are to each other
 * @root: the kuid of the root
 * @ns: the user namespace
 * @owns: does the root own it?
 */
struct mock_owner {
	const char *name;
	u32 root;
	struct user_namespace *ns;
	bool owns;
};

static const struct mock_owner mock_owners[] = {
	{ "init's root, init", 0, &init_user_ns, true },
	{ "init's root, child", 0, &mock_a, true },
	{ "init's root, grandchild", 0, &mock_b, true },
	{ "init's root, child without a root", 0, &mock_n, true },
	{ "init's root, grandchild without a map", 0, &mock_u, true },
	{ "init's root, child that shares it", 0, &mock_z, true },
	{ "A's root, init", 100000, &init_user_ns, false },
	{ "A's root, A", 100000, &mock_a, true },
	{ "A's root, child", 100000, &mock_b, true },
	{ "A's root, child that shares it", 100000, &mock_b0, true },
	{ "A's root, child without a map", 100000, &mock_u, true },
	{ "A's root, sibling", 100000, &mock_s, false },
	/* mapped is not owned */
	{ "A's root, sibling that maps it to 5", 100000, &mock_m, false },
	{ "A's root, sibling that maps nothing else", 100000, &mock_n, false },
	{ "A's uid 1, A", 100001, &mock_a, false },
	{ "A's uid 5, A", 100005, &mock_a, false },
	{ "A's last uid, A", 165535, &mock_a, false },
	{ "behind A's last uid, A", 165536, &mock_a, false },
	{ "before A's root, A", 99999, &mock_a, false },
	/* a child does not own its parent */
	{ "B's root, A", 101000, &mock_a, false },
	{ "B's root, init", 101000, &init_user_ns, false },
	{ "B's root, B", 101000, &mock_b, true },
	{ "B's root, its sibling that maps it", 101000, &mock_b0, false },
	{ "S's root, S", 200000, &mock_s, true },
	{ "S's root, A", 200000, &mock_a, false },
	{ "S's root, B", 200000, &mock_b, false },
	{ "M's root, M", 300000, &mock_m, true },
	/* the first range alone does not tell who the root is */
	{ "R's root, R", 400000, &mock_r, true },
	{ "R's root, child", 400000, &mock_r1, true },
	{ "R's uid 5, R", 100000, &mock_r, false },
	{ "R's uid 5, child", 100000, &mock_r1, false },
	{ "R's uid 1, R", 400001, &mock_r, false },
	{ "R1's root, R1", 400001, &mock_r1, true },
	{ "a user, init", 1000, &init_user_ns, false },
	{ "a user, the namespace it made", 1000, &mock_p, true },
	{ "a user, another's namespace", 1000, &mock_a, false },
	{ "E's last uid, E", 0xfffffffe, &mock_e, false },
	{ "L's root, L", 700000, &mock_l, true },
	{ "L's uid 50, L", 800000, &mock_l, false },
	{ "invalid, init", U32_MAX, &init_user_ns, false },
	{ "invalid, A", U32_MAX, &mock_a, false },
	{ "invalid, B", U32_MAX, &mock_b, false },
	{ "invalid, M", U32_MAX, &mock_m, false },
	{ "invalid, R", U32_MAX, &mock_r, false },
	{ "invalid, no map", U32_MAX, &mock_u, false },
	{ "invalid, E", U32_MAX, &mock_e, false },
	{ "invalid, H", U32_MAX, &mock_h, false },
};

KUNIT_ARRAY_PARAM_DESC(mock_owners, mock_owners, name);

/* Own root and those above: yes; those below, beside and nobody: no. */
static void nscaps_test_root_owns(struct kunit *test)
{
	const struct mock_owner *param = test->param_value;

	KUNIT_EXPECT_EQ(test, param->owns,
			nscaps_root_owns(KUIDT_INIT(param->root), param->ns));
}

/*
 * Namespaces down to the limit: each maps its uid 0 to uid 1 of its parent,
 * and the ones that follow as long as there are any.
 */
static struct user_namespace *mock_chain(struct kunit *test)
{
	struct user_namespace *chain;
	int i;

	chain = kunit_kcalloc(test, MOCK_DEPTH, sizeof(*chain), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, chain);

	for (i = 0; i < MOCK_DEPTH; i++) {
		struct user_namespace *ns = &chain[i];

		ns->uid_map.extent[0].lower_first = 100000 + i;
		ns->uid_map.extent[0].count = 1000 - i;
		ns->uid_map.nr_extents = 1;
		ns->gid_map = ns->uid_map;
		ns->parent = i ? &chain[i - 1] : &init_user_ns;
		ns->level = i + 1;
		ns->owner = KUIDT_INIT(1000);
		ns->group = KGIDT_INIT(1000);
	}
	return chain;
}

/* At every level, the root of every level */
static void nscaps_test_root_owns_depth(struct kunit *test)
{
	struct user_namespace *chain = mock_chain(test);
	int ns, root;

	for (ns = 0; ns < MOCK_DEPTH; ns++) {
		KUNIT_EXPECT_TRUE(test, nscaps_root_owns(KUIDT_INIT(0),
							 &chain[ns]));
		KUNIT_EXPECT_PTR_EQ(test, &init_user_ns,
				    nscaps_owned_ns(KUIDT_INIT(0), &chain[ns]));
		KUNIT_EXPECT_FALSE(test, nscaps_root_owns(INVALID_UID,
							  &chain[ns]));
		KUNIT_EXPECT_FALSE(test, nscaps_root_owns(KUIDT_INIT(99999),
							  &chain[ns]));
		for (root = 0; root < MOCK_DEPTH; root++) {
			const kuid_t kuid = KUIDT_INIT(100000 + root);

			KUNIT_EXPECT_EQ_MSG(test, root <= ns,
					    nscaps_root_owns(kuid, &chain[ns]),
					    "root of level %d, namespace of %d",
					    root + 1, ns + 1);
			KUNIT_EXPECT_PTR_EQ(test,
					    root <= ns ? &chain[root] : NULL,
					    nscaps_owned_ns(kuid, &chain[ns]));
		}
	}
}

/* What is set at any level: stored, seen and honoured at every level */
static void nscaps_test_depth(struct kunit *test)
{
	struct user_namespace *chain = mock_chain(test);
	struct mock_file *file = mock_file(test, &init_user_ns, NULL);
	struct vfs_ns_cap_data nscap;
	struct cred *cred[MOCK_DEPTH];
	u8 v2[XATTR_CAPS_SZ], bytes[XATTR_CAPS_SZ];
	int ns, root;

	file->inode.i_uid = KUIDT_INIT(100500);
	file->inode.i_gid = KGIDT_INIT(100500);
	mock_value(v2, VFS_CAP_REVISION_2, 0);
	for (ns = 0; ns < MOCK_DEPTH; ns++)
		cred[ns] = mock_setter(test, &chain[ns], true);

	for (root = 0; root < MOCK_DEPTH; root++) {
		mock_value(bytes, VFS_CAP_REVISION_3, 100000 + root);
		KUNIT_ASSERT_EQ(test, XATTR_CAPS_SZ_3,
				setxattr_as(cred[root], file, v2,
					    XATTR_CAPS_SZ_2, &nscap));
		KUNIT_EXPECT_MEMEQ(test, bytes, (u8 *)&nscap, XATTR_CAPS_SZ_3);

		memcpy(file->value, &nscap, XATTR_CAPS_SZ_3);
		file->len = XATTR_CAPS_SZ_3;
		for (ns = 0; ns < MOCK_DEPTH; ns++) {
			struct vfs_caps caps;

			if (root <= ns) {
				KUNIT_EXPECT_EQ(test, XATTR_CAPS_SZ_2,
						getxattr_as(cred[ns], file,
							    &nscap,
							    sizeof(nscap)));
				KUNIT_EXPECT_MEMEQ(test, v2, (u8 *)&nscap,
						   XATTR_CAPS_SZ_2);
				KUNIT_EXPECT_EQ(test, 0, exec_as(cred[ns], file,
								 &caps));
				continue;
			}
			mock_value(bytes, VFS_CAP_REVISION_3, root - ns);
			KUNIT_EXPECT_EQ(test, XATTR_CAPS_SZ_3,
					getxattr_as(cred[ns], file, &nscap,
						    sizeof(nscap)));
			KUNIT_EXPECT_MEMEQ(test, bytes, (u8 *)&nscap,
					   XATTR_CAPS_SZ_3);
			KUNIT_EXPECT_EQ(test, -ENODATA,
					exec_as(cred[ns], file, &caps));
		}
	}
}

/* The contract */

/**
 * struct mock_answer - what a value is to a caller
 * @get: the size of what getxattr shows, or its errno
 * @shown: the rootid that it shows
 * @exec: are the capabilities honoured?
 */
struct mock_answer {
	ssize_t get;
	u32 shown;
	bool exec;
};

#define V1_YES		{ -EINVAL, 0, true }
#define V1_NO		{ -EINVAL, 0, false }
#define V2_YES		{ XATTR_CAPS_SZ_2, 0, true }
#define V3_NO(_rootid)	{ XATTR_CAPS_SZ_3, _rootid, false }
#define HIDDEN		{ -EOVERFLOW, 0, false }
#define NONE		{ -ENODATA, 0, false }

/* The columns of the table */
static const struct mock_caller {
	const char *name;
	struct user_namespace *ns;
} mock_callers[] = {
	{ "init", &init_user_ns },
	{ "A", &mock_a },
	{ "B", &mock_b },
	{ "B0", &mock_b0 },
	{ "S", &mock_s },
	{ "M", &mock_m },
};

/**
 * struct mock_row - a row of the table: a value, and its answers
 * @name: the value
 * @fs_ns: the user namespace of the filesystem
 * @idmap_ns: the user namespace of the mount's idmap, or NULL for none
 * @revision: the revision on disk, or 0 for no value
 * @rootid: the rootid on disk
 * @root: the root at the mount, or MOCK_UNMAPPED
 * @answers: one for each of the callers, init to M
 */
struct mock_row {
	const char *name;
	struct user_namespace *fs_ns;
	struct user_namespace *idmap_ns;
	u32 revision;
	u32 rootid;
	u32 root;
	struct mock_answer answers[ARRAY_SIZE(mock_callers)];
};

static const struct mock_row mock_rows[] = {
	/* a filesystem of init */
	{
		"none", &init_user_ns, NULL, 0, 0, MOCK_UNMAPPED,
		{ NONE, NONE, NONE, NONE, NONE, NONE },
	}, {
		"v1", &init_user_ns, NULL, VFS_CAP_REVISION_1, 0, 0,
		{ V1_YES, V1_YES, V1_YES, V1_YES, V1_YES, V1_YES },
	}, {
		"v2", &init_user_ns, NULL, VFS_CAP_REVISION_2, 0, 0,
		{ V2_YES, V2_YES, V2_YES, V2_YES, V2_YES, V2_YES },
	}, {
		"v3 0", &init_user_ns, NULL, VFS_CAP_REVISION_3, 0, 0,
		{ V2_YES, V2_YES, V2_YES, V2_YES, V2_YES, V2_YES },
	}, {
		"v3 100000", &init_user_ns, NULL, VFS_CAP_REVISION_3, 100000,
		100000,
		{ V3_NO(100000), V2_YES, V2_YES, V2_YES, HIDDEN, V3_NO(5) },
	}, {
		"v3 101000", &init_user_ns, NULL, VFS_CAP_REVISION_3, 101000,
		101000,
		{ V3_NO(101000), V3_NO(1000), V2_YES, V3_NO(1000), HIDDEN,
		  HIDDEN },
	}, {
		"v3 100005", &init_user_ns, NULL, VFS_CAP_REVISION_3, 100005,
		100005,
		{ V3_NO(100005), V3_NO(5), HIDDEN, V3_NO(5), HIDDEN, HIDDEN },
	}, {
		"v3 1000", &init_user_ns, NULL, VFS_CAP_REVISION_3, 1000, 1000,
		{ V3_NO(1000), HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN },
	}, {
		"v3 200000", &init_user_ns, NULL, VFS_CAP_REVISION_3, 200000,
		200000,
		{ V3_NO(200000), HIDDEN, HIDDEN, HIDDEN, V2_YES, HIDDEN },
	}, {
		"v3 -1", &init_user_ns, NULL, VFS_CAP_REVISION_3, U32_MAX,
		MOCK_UNMAPPED,
		{ HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN },
	},

	/* the same on a mount idmapped 0 -> 100000 */
	{
		"idmapped v1", &init_user_ns, &mock_a, VFS_CAP_REVISION_1, 0,
		100000,
		{ V1_NO, V1_YES, V1_YES, V1_YES, V1_NO, V1_NO },
	}, {
		"idmapped v2", &init_user_ns, &mock_a, VFS_CAP_REVISION_2, 0,
		100000,
		{ V3_NO(100000), V2_YES, V2_YES, V2_YES, HIDDEN, V3_NO(5) },
	}, {
		"idmapped v3 0", &init_user_ns, &mock_a, VFS_CAP_REVISION_3, 0,
		100000,
		{ V3_NO(100000), V2_YES, V2_YES, V2_YES, HIDDEN, V3_NO(5) },
	}, {
		"idmapped v3 1000", &init_user_ns, &mock_a, VFS_CAP_REVISION_3,
		1000, 101000,
		{ V3_NO(101000), V3_NO(1000), V2_YES, V3_NO(1000), HIDDEN,
		  HIDDEN },
	}, {
		"idmapped v3 5", &init_user_ns, &mock_a, VFS_CAP_REVISION_3, 5,
		100005,
		{ V3_NO(100005), V3_NO(5), HIDDEN, V3_NO(5), HIDDEN, HIDDEN },
	}, {
		"idmapped v3 65535", &init_user_ns, &mock_a, VFS_CAP_REVISION_3,
		65535, 165535,
		{ V3_NO(165535), V3_NO(65535), HIDDEN, V3_NO(65535), HIDDEN,
		  HIDDEN },
	}, {
		"idmapped v3 65536", &init_user_ns, &mock_a, VFS_CAP_REVISION_3,
		65536, MOCK_UNMAPPED,
		{ HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN },
	}, {
		/* honoured without the idmap, and so not with it */
		"idmapped v3 100000", &init_user_ns, &mock_a,
		VFS_CAP_REVISION_3, 100000, MOCK_UNMAPPED,
		{ HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN },
	}, {
		"idmapped v3 -1", &init_user_ns, &mock_a, VFS_CAP_REVISION_3,
		U32_MAX, MOCK_UNMAPPED,
		{ HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN },
	},

	/* a filesystem that was mounted in A */
	{
		"of A v1", &mock_a, NULL, VFS_CAP_REVISION_1, 0, 100000,
		{ V1_NO, V1_YES, V1_YES, V1_YES, V1_NO, V1_NO },
	}, {
		"of A v2", &mock_a, NULL, VFS_CAP_REVISION_2, 0, 100000,
		{ V3_NO(100000), V2_YES, V2_YES, V2_YES, HIDDEN, V3_NO(5) },
	}, {
		"of A v3 0", &mock_a, NULL, VFS_CAP_REVISION_3, 0, 100000,
		{ V3_NO(100000), V2_YES, V2_YES, V2_YES, HIDDEN, V3_NO(5) },
	}, {
		"of A v3 1000", &mock_a, NULL, VFS_CAP_REVISION_3, 1000, 101000,
		{ V3_NO(101000), V3_NO(1000), V2_YES, V3_NO(1000), HIDDEN,
		  HIDDEN },
	}, {
		"of A v3 65536", &mock_a, NULL, VFS_CAP_REVISION_3, 65536,
		MOCK_UNMAPPED,
		{ HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN },
	}, {
		"of A v3 wraps to 0", &mock_a, NULL, VFS_CAP_REVISION_3,
		-100000U, MOCK_UNMAPPED,
		{ HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN },
	}, {
		"of A v3 -1", &mock_a, NULL, VFS_CAP_REVISION_3, U32_MAX,
		MOCK_UNMAPPED,
		{ HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN },
	},

	/* the same on a mount idmapped 0 -> 200000 */
	{
		"of A idmapped v2", &mock_a, &mock_s, VFS_CAP_REVISION_2, 0,
		200000,
		{ V3_NO(200000), HIDDEN, HIDDEN, HIDDEN, V2_YES, HIDDEN },
	}, {
		"of A idmapped v3 1000", &mock_a, &mock_s, VFS_CAP_REVISION_3,
		1000, 201000,
		{ V3_NO(201000), HIDDEN, HIDDEN, HIDDEN, V3_NO(1000), HIDDEN },
	},

	/* a filesystem of a namespace that has no uid 0, and of one without any */
	{
		"of N v2", &mock_n, NULL, VFS_CAP_REVISION_2, 0, MOCK_UNMAPPED,
		{ HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN },
	}, {
		"of U v2", &mock_u, NULL, VFS_CAP_REVISION_2, 0, MOCK_UNMAPPED,
		{ HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN },
	},
};

/**
 * struct mock_cell - a cell of the table
 * @row: its row
 * @caller: its column
 * @answer: what it says
 */
struct mock_cell {
	const struct mock_row *row;
	const struct mock_caller *caller;
	const struct mock_answer *answer;
};

static struct mock_cell mock_cells[ARRAY_SIZE(mock_rows) *
				   ARRAY_SIZE(mock_callers)];

static void mock_cell_desc(struct mock_cell *cell, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s for %s", cell->row->name,
		 cell->caller->name);
}

KUNIT_ARRAY_PARAM(mock_cells, mock_cells, mock_cell_desc);

static struct mock_file *mock_cell_file(struct kunit *test,
					const struct mock_row *row)
{
	struct mock_file *file = mock_file(test, row->fs_ns, row->idmap_ns);

	if (row->revision)
		mock_store(file, row->revision, row->rootid);
	return file;
}

static void expect_reason(struct kunit *test, enum nscaps_reason expected,
			  enum nscaps_reason reason)
{
	KUNIT_EXPECT_STREQ(test, nscaps_reason_name(expected),
			   nscaps_reason_name(reason));
}

/* Of a value that is there, in a cell that says no */
static enum nscaps_reason why_not_owned(const struct mock_row *row)
{
	return row->root == MOCK_UNMAPPED ? NSCAPS_ROOT_UNMAPPED :
					    NSCAPS_ROOT_NOT_OWNER;
}

static enum nscaps_reason why_cell(const struct mock_cell *cell)
{
	if (cell->answer->exec)
		return NSCAPS_HONOURED;
	return cell->row->revision ? why_not_owned(cell->row) : NSCAPS_NO_VALUE;
}

/* What is read is there to be told of, honoured or not. */
static void expect_read_caps(struct kunit *test, const struct mock_row *row,
			     const struct vfs_caps *caps)
{
	if (!row->revision) {
		expect_no_caps(test, caps);
		return;
	}
	expect_mock_caps(test, caps, row->revision, row->root);
	KUNIT_EXPECT_EQ(test, row->rootid, caps->rootid.val);
}

/* The first column of a cell, from the value to the bytes */
static void nscaps_test_to_caller(struct kunit *test)
{
	const struct mock_cell *cell = test->param_value;
	const struct mock_row *row = cell->row;
	const struct mock_answer *answer = cell->answer;
	const struct vfs_caps caps = {
		.permitted.val = MOCK_PERMITTED,
		.inheritable.val = MOCK_INHERITABLE,
		.root = VFSUIDT_INIT(KUIDT_INIT(row->root)),
		.revision = row->revision,
		.effective = true,
	};
	struct vfs_ns_cap_data nscap;
	u8 bytes[XATTR_CAPS_SZ];
	struct nscaps_verdict v;
	ssize_t len;

	v = nscaps_to_caller(&caps, cell->caller->ns, &nscap);
	len = v.ret;
	if (!row->revision) {
		/* without a value there is no root, and so nothing to show */
		KUNIT_EXPECT_EQ(test, -EOVERFLOW, len);
		return;
	}
	KUNIT_ASSERT_EQ(test, answer->get, len);
	if (len == -EOVERFLOW)
		expect_reason(test, why_not_owned(row), v.reason);
	else
		expect_reason(test, len == -EINVAL ? NSCAPS_OLD_FORM :
						     NSCAPS_HONOURED, v.reason);
	if (len < 0)
		return;
	mock_value(bytes, len == XATTR_CAPS_SZ_2 ? VFS_CAP_REVISION_2 :
						   VFS_CAP_REVISION_3,
		   answer->shown);
	KUNIT_EXPECT_MEMEQ(test, bytes, (u8 *)&nscap, len);
}

/* The same through getxattr: bytes, errno, size alone, and one read for each */
static void nscaps_test_getxattr(struct kunit *test)
{
	const struct mock_cell *cell = test->param_value;
	const struct mock_answer *answer = cell->answer;
	struct mock_file *file = mock_cell_file(test, cell->row);
	struct cred *cred = mock_user(test, cell->caller->ns);
	u8 expected[XATTR_CAPS_SZ], value[32];
	ssize_t len;

	memset(value, MOCK_FILLER, sizeof(value));
	KUNIT_EXPECT_EQ(test, answer->get, getxattr_as(cred, file, NULL, 0));
	KUNIT_EXPECT_EQ(test, 1, file->calls);

	KUNIT_EXPECT_EQ(test, answer->get, getxattr_as(cred, file, value, 0));
	KUNIT_EXPECT_EQ(test, 1, file->calls);
	expect_filler(test, value, sizeof(value));

	len = getxattr_as(cred, file, value, sizeof(value));
	KUNIT_ASSERT_EQ(test, answer->get, len);
	KUNIT_EXPECT_EQ(test, 1, file->calls);
	if (len < 0) {
		expect_filler(test, value, sizeof(value));
		return;
	}
	mock_value(expected, len == XATTR_CAPS_SZ_2 ? VFS_CAP_REVISION_2 :
						      VFS_CAP_REVISION_3,
		   answer->shown);
	KUNIT_EXPECT_MEMEQ(test, expected, value, len);
	expect_filler(test, value + len, sizeof(value) - len);
}

static void expect_exec(struct kunit *test, const struct mock_row *row,
			bool honoured, int err, const struct vfs_caps *caps)
{
	KUNIT_EXPECT_EQ(test, honoured ? 0 : -ENODATA, err);
	if (honoured)
		expect_mock_caps(test, caps, row->revision, row->root);
	else
		expect_no_caps(test, caps);
}

/* The second column of a cell: by ownership alone, and by reading the file */
static void nscaps_test_load(struct kunit *test)
{
	const struct mock_cell *cell = test->param_value;
	const struct mock_row *row = cell->row;
	struct mock_file *file = mock_cell_file(test, row);
	struct nscaps_verdict v;
	struct vfs_caps caps;

	KUNIT_EXPECT_EQ(test, cell->answer->exec,
			nscaps_root_owns(KUIDT_INIT(row->root),
					 cell->caller->ns));

	mock_poison(&caps);
	v = nscaps_load(mnt_idmap(&file->mount.mnt), &file->dentry,
			cell->caller->ns, &caps);
	KUNIT_EXPECT_EQ(test, 1, file->calls);
	KUNIT_EXPECT_EQ(test, cell->answer->exec ? 0 : -ENODATA, v.ret);
	expect_reason(test, why_cell(cell), v.reason);
	expect_read_caps(test, row, &caps);
}

/*
 * The same through execve, where the filesystem of a namespace counts in that
 * namespace and below only; otherwise the file is not even looked at.
 */
static void nscaps_test_exec(struct kunit *test)
{
	const struct mock_cell *cell = test->param_value;
	const struct mock_row *row = cell->row;
	const bool trusted = in_userns(row->fs_ns, cell->caller->ns);
	struct mock_file *file = mock_cell_file(test, row);
	struct cred *cred = mock_user(test, cell->caller->ns);
	struct vfs_caps caps;
	int err;

	mock_poison(&caps);
	err = exec_as(cred, file, &caps);
	KUNIT_EXPECT_EQ(test, trusted, file->calls);
	expect_exec(test, row, trusted && cell->answer->exec, err, &caps);

	mock_poison(&caps);
	expect_reason(test, trusted ? why_cell(cell) : NSCAPS_FS_FOREIGN,
		      why_exec_as(cred, file, &caps));
	KUNIT_EXPECT_EQ(test, trusted, file->calls);
	if (trusted)
		expect_read_caps(test, row, &caps);
	else
		expect_no_caps(test, &caps);
}

/* The same for audit, which goes through the idmap as well */
static void nscaps_test_audit(struct kunit *test)
{
	const struct mock_cell *cell = test->param_value;
	struct mock_file *file = mock_cell_file(test, cell->row);
	struct cred *cred = mock_user(test, cell->caller->ns);
	struct vfs_caps caps;
	int err;

	mock_poison(&caps);
	err = audit_as(cred, file, &caps);
	KUNIT_EXPECT_EQ(test, 1, file->calls);
	expect_exec(test, cell->row, cell->answer->exec, err, &caps);
}

/* Get */

/**
 * struct mock_buffer - a getxattr into a buffer of some size
 * @name: what is special about it
 * @idmap_ns: the user namespace of the mount's idmap, or NULL for none
 * @caller_ns: the user namespace of the caller
 * @revision: the revision on disk
 * @rootid: the rootid on disk
 * @size: the size of the buffer
 * @ret: what is returned
 * @null: there is no buffer
 */
struct mock_buffer {
	const char *name;
	struct user_namespace *idmap_ns;
	struct user_namespace *caller_ns;
	u32 revision;
	u32 rootid;
	size_t size;
	ssize_t ret;
	bool null;
};

static const struct mock_buffer mock_buffers[] = {
	{ "v2 exact", NULL, &init_user_ns, VFS_CAP_REVISION_2, 0, 20, 20 },
	{ "v2 long", NULL, &init_user_ns, VFS_CAP_REVISION_2, 0, 24, 20 },
	{ "v2 short by one", NULL, &init_user_ns, VFS_CAP_REVISION_2, 0, 19,
	  -ERANGE },
	{ "v2 one byte", NULL, &init_user_ns, VFS_CAP_REVISION_2, 0, 1,
	  -ERANGE },
	{ "v2 no buffer", NULL, &init_user_ns, VFS_CAP_REVISION_2, 0, 0, 20,
	  true },
	{ "v2 no buffer of a size", NULL, &init_user_ns, VFS_CAP_REVISION_2, 0,
	  4096, 20, true },
	{ "v2 no buffer of a short size", NULL, &init_user_ns,
	  VFS_CAP_REVISION_2, 0, 1, 20, true },
	{ "v3 exact", NULL, &init_user_ns, VFS_CAP_REVISION_3, 1000, 24, 24 },
	{ "v3 long", NULL, &init_user_ns, VFS_CAP_REVISION_3, 1000, 25, 24 },
	{ "v3 short by one", NULL, &init_user_ns, VFS_CAP_REVISION_3, 1000, 23,
	  -ERANGE },
	{ "v3 short by the rootid", NULL, &init_user_ns, VFS_CAP_REVISION_3,
	  1000, 20, -ERANGE },
	/* it is the size of the translated value that counts */
	{ "v3 shown as v2 exact", NULL, &mock_a, VFS_CAP_REVISION_3, 100000,
	  20, 20 },
	{ "v3 shown as v2 short", NULL, &mock_a, VFS_CAP_REVISION_3, 100000,
	  19, -ERANGE },
	{ "v3 of R's root to its child", NULL, &mock_r1, VFS_CAP_REVISION_3,
	  400000, 24, 20 },
	{ "v3 of R's uid 5 to its child", NULL, &mock_r1, VFS_CAP_REVISION_3,
	  100000, 24, -EOVERFLOW },
	{ "v2 shown as v3 exact", &mock_a, &init_user_ns, VFS_CAP_REVISION_2, 0,
	  24, 24 },
	{ "v2 shown as v3 short", &mock_a, &init_user_ns, VFS_CAP_REVISION_2, 0,
	  20, -ERANGE },
	/* what cannot be shown fits into no buffer, and says so first */
	{ "hidden short", NULL, &mock_s, VFS_CAP_REVISION_3, 100000, 1,
	  -EOVERFLOW },
	{ "hidden exact", NULL, &mock_s, VFS_CAP_REVISION_3, 100000, 24,
	  -EOVERFLOW },
	{ "v1 short", NULL, &init_user_ns, VFS_CAP_REVISION_1, 0, 1, -EINVAL },
	{ "v1 exact", NULL, &init_user_ns, VFS_CAP_REVISION_1, 0, 12,
	  -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(mock_buffers, mock_buffers, name);

/* Nothing is written that was not asked for, and nothing when it fails. */
static void nscaps_test_getxattr_buffer(struct kunit *test)
{
	const struct mock_buffer *param = test->param_value;
	struct mock_file *file = mock_file(test, &init_user_ns,
					   param->idmap_ns);
	struct cred *cred = mock_user(test, param->caller_ns);
	u8 value[32];
	size_t written;

	mock_store(file, param->revision, param->rootid);
	memset(value, MOCK_FILLER, sizeof(value));
	KUNIT_EXPECT_EQ(test, param->ret,
			getxattr_as(cred, file, param->null ? NULL : value,
				    param->size));
	KUNIT_EXPECT_EQ(test, 1, file->calls);
	KUNIT_EXPECT_EQ(test, sizeof(struct vfs_ns_cap_data), file->size);

	written = param->ret < 0 || param->null ? 0 : param->ret;
	expect_filler(test, value + written, sizeof(value) - written);
	if (written)
		KUNIT_EXPECT_EQ(test, written == 20 ? 2 : 3, value[3]);
}

/* Filesystems that fail */

/**
 * struct mock_failure - what a filesystem returns, and what becomes of it
 * @name: its name
 * @len: what the filesystem returns
 * @overlong: even where it does not fit
 * @get: what getxattr returns
 * @exec: what reading for execve or audit returns
 * @reason: why
 */
struct mock_failure {
	const char *name;
	ssize_t len;
	bool overlong;
	int get;
	int exec;
	enum nscaps_reason reason;
};

static const struct mock_failure mock_failures[] = {
	{ "ENODATA", -ENODATA, false, -ENODATA, -ENODATA,
	  NSCAPS_NO_VALUE },
	{ "EOPNOTSUPP", -EOPNOTSUPP, false, -EOPNOTSUPP, -ENODATA,
	  NSCAPS_NO_VALUE },
	{ "EIO", -EIO, false, -EIO, -EIO,
	  NSCAPS_FS_ERROR },
	{ "ENOMEM", -ENOMEM, false, -ENOMEM, -ENOMEM,
	  NSCAPS_FS_ERROR },
	{ "EACCES", -EACCES, false, -EACCES, -EACCES,
	  NSCAPS_FS_ERROR },
	{ "EPERM", -EPERM, false, -EPERM, -EPERM,
	  NSCAPS_FS_ERROR },
	{ "ESTALE", -ESTALE, false, -ESTALE, -ESTALE,
	  NSCAPS_FS_ERROR },
	/* an overlay whose mounter has no name for the root */
	{ "EOVERFLOW", -EOVERFLOW, false, -EOVERFLOW, -ENODATA,
	  NSCAPS_ROOT_UNMAPPED },
	{ "EINVAL", -EINVAL, false, -EINVAL, -EINVAL,
	  NSCAPS_FS_ERROR },
	/* longer than any form: malformed, and not a buffer of the caller's */
	{ "ERANGE", -ERANGE, false, -EINVAL, -EINVAL,
	  NSCAPS_MALFORMED },
	{ "25 bytes", 25, false, -EINVAL, -EINVAL,
	  NSCAPS_MALFORMED },
	{ "25 bytes that do not fit", 25, true, -EINVAL, -EINVAL,
	  NSCAPS_MALFORMED },
	{ "32 bytes that do not fit", 32, true, -EINVAL, -EINVAL,
	  NSCAPS_MALFORMED },
	/* an empty value is a value, and malformed */
	{ "0 bytes", 0, false, -EINVAL, -EINVAL,
	  NSCAPS_MALFORMED },
	{ "3 bytes", 3, false, -EINVAL, -EINVAL,
	  NSCAPS_MALFORMED },
	{ "4 bytes", 4, false, -EINVAL, -EINVAL,
	  NSCAPS_MALFORMED },
	{ "12 bytes of v3", 12, false, -EINVAL, -EINVAL,
	  NSCAPS_MALFORMED },
	{ "20 bytes of v3", 20, false, -EINVAL, -EINVAL,
	  NSCAPS_MALFORMED },
	{ "23 bytes of v3", 23, false, -EINVAL, -EINVAL,
	  NSCAPS_MALFORMED },
};

KUNIT_ARRAY_PARAM_DESC(mock_failures, mock_failures, name);

/* A failure is passed on, once, and leaves nothing behind. */
static void expect_failure(struct kunit *test, struct mock_file *file,
			   int calls, int get, int exec,
			   enum nscaps_reason reason)
{
	struct cred *cred = mock_user(test, &init_user_ns);
	struct vfs_caps caps;
	u8 value[32];

	memset(value, MOCK_FILLER, sizeof(value));
	KUNIT_EXPECT_EQ(test, get, getxattr_as(cred, file, value, 32));
	KUNIT_EXPECT_EQ(test, calls, file->calls);
	KUNIT_EXPECT_EQ(test, get, getxattr_as(cred, file, value, 0));
	KUNIT_EXPECT_EQ(test, calls, file->calls);
	expect_filler(test, value, sizeof(value));

	mock_poison(&caps);
	KUNIT_EXPECT_EQ(test, exec, exec_as(cred, file, &caps));
	KUNIT_EXPECT_EQ(test, calls, file->calls);
	expect_no_caps(test, &caps);

	mock_poison(&caps);
	expect_reason(test, reason, why_exec_as(cred, file, &caps));
	KUNIT_EXPECT_EQ(test, calls, file->calls);
	expect_no_caps(test, &caps);

	mock_poison(&caps);
	KUNIT_EXPECT_EQ(test, exec, audit_as(cred, file, &caps));
	KUNIT_EXPECT_EQ(test, calls, file->calls);
	expect_no_caps(test, &caps);
}

static void nscaps_test_fs_failure(struct kunit *test)
{
	const struct mock_failure *param = test->param_value;
	struct mock_file *file = mock_file(test, &init_user_ns, NULL);

	mock_store(file, VFS_CAP_REVISION_3, 0);
	file->len = param->len;
	file->overlong = param->overlong;
	expect_failure(test, file, 1, param->get, param->exec, param->reason);
}

/* Filesystems without xattrs, in the three ways there are to have none */
static void nscaps_test_fs_without_xattrs(struct kunit *test)
{
	struct mock_file *file = mock_file(test, &init_user_ns, NULL);

	mock_store(file, VFS_CAP_REVISION_2, 0);
	file->inode.i_opflags = 0;
	expect_failure(test, file, 0, -EOPNOTSUPP, -ENODATA, NSCAPS_NO_VALUE);

	file->inode.i_opflags = IOP_XATTR;
	file->sb.s_xattr = mock_handlers + 1;
	expect_failure(test, file, 0, -EOPNOTSUPP, -ENODATA, NSCAPS_NO_VALUE);

	file->sb.s_xattr = mock_handlers_without_get;
	expect_failure(test, file, 0, -EOPNOTSUPP, -ENODATA, NSCAPS_NO_VALUE);
}

/* Malformed values */

/**
 * struct mock_malformed - bytes that are no value
 * @name: why not
 * @magic: the first word
 * @size: the number of bytes
 */
struct mock_malformed {
	const char *name;
	u32 magic;
	size_t size;
};

static const struct mock_malformed mock_malformed[] = {
	{ "empty", 0, 0 },
	{ "header alone", 0x02000000, 4 },
	{ "truncated v1", 0x01000000, 11 },
	{ "overlong v1", 0x01000000, 13 },
	{ "truncated v2", 0x02000001, 19 },
	{ "overlong v2", 0x02000001, 21 },
	{ "v2 of the size of v3", 0x02000001, 24 },
	{ "truncated v3", 0x03000001, 23 },
	{ "v3 of the size of v2", 0x03000001, 20 },
	{ "overlong v3", 0x03000001, 25 },
	{ "revision 0", 0x00000001, 20 },
	{ "revision 4", 0x04000001, 24 },
	{ "revision 255", 0xff000001, 24 },
	{ "v2 unknown flag", 0x02000002, 20 },
	{ "v2 unknown flag beside the known", 0x02000003, 20 },
	{ "v3 unknown flag", 0x03800000, 24 },
	{ "v3 all flags", 0x03ffffff, 24 },
	{ "v2 swapped", 0x00000002, 20 },
	{ "v3 swapped", 0x01000003, 24 },
};

KUNIT_ARRAY_PARAM_DESC(mock_malformed, mock_malformed, name);

static void mock_malformed_value(u8 *bytes, const struct mock_malformed *param)
{
	mock_value(bytes, VFS_CAP_REVISION_3, 0);
	mock_le32(bytes, param->magic);
}

/* A malformed value is shown to nobody, and fails the execve. */
static void nscaps_test_malformed_read(struct kunit *test)
{
	const struct mock_malformed *param = test->param_value;
	struct mock_file *file = mock_file(test, &init_user_ns, NULL);

	mock_malformed_value(file->value, param);
	file->len = param->size;
	expect_failure(test, file, 1, -EINVAL, -EINVAL, NSCAPS_MALFORMED);
}

/* A malformed value is stored for nobody: not for who has every privilege. */
static void nscaps_test_malformed_write(struct kunit *test)
{
	const struct mock_malformed *param = test->param_value;
	struct mock_file *file = mock_file(test, &init_user_ns, NULL);
	struct vfs_ns_cap_data nscap;
	struct vfs_caps caps;
	__le32 value[8];

	mock_malformed_value((u8 *)value, param);
	mock_poison(&caps);
	expect_reason(test, NSCAPS_MALFORMED,
		      why_set_as(mock_user(test, &init_user_ns), file, value,
				 param->size, &caps));
	expect_no_caps(test, &caps);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			setxattr_as(mock_cred(test, &init_user_ns, CAP_FULL_SET),
				    file, value, param->size, &nscap));
	/* and who has none is not told more */
	KUNIT_EXPECT_EQ(test, -EINVAL,
			setxattr_as(mock_user(test, &init_user_ns), file, value,
				    param->size, &nscap));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			setxattr_as(mock_setter(test, &mock_s, true), file,
				    value, param->size, &nscap));
	if (!param->size)
		KUNIT_EXPECT_EQ(test, -EINVAL,
				setxattr_as(mock_cred(test, &init_user_ns,
						      CAP_FULL_SET),
					    file, NULL, 0, &nscap));
}

/* Set */

/**
 * struct mock_set - a setxattr
 * @name: what is special about it
 * @fs_ns: the user namespace of the filesystem
 * @idmap_ns: the user namespace of the mount's idmap, or NULL for none
 * @caller_ns: the user namespace of the caller
 * @uid: the kuid of the inode
 * @gid: the kgid of the inode
 * @revision: the revision of the value
 * @rootid: its rootid
 * @ret: the size of what is stored, or the errno
 * @stored: the rootid that is stored
 * @powerless: the caller has every capability but CAP_SETFCAP
 */
struct mock_set {
	const char *name;
	struct user_namespace *fs_ns;
	struct user_namespace *idmap_ns;
	struct user_namespace *caller_ns;
	u32 uid;
	u32 gid;
	u32 revision;
	u32 rootid;
	ssize_t ret;
	u32 stored;
	bool powerless;
};

#define V1	VFS_CAP_REVISION_1
#define V2	VFS_CAP_REVISION_2
#define V3	VFS_CAP_REVISION_3

static const struct mock_set mock_sets[] = {
	/* init, with and without the privilege */
	{ "init v2", &init_user_ns, NULL, &init_user_ns, 0, 0, V2, 0, 20 },
	{ "init v2 of a user's file", &init_user_ns, NULL, &init_user_ns, 1000,
	  1000, V2, 0, 20 },
	{ "init v3 0", &init_user_ns, NULL, &init_user_ns, 0, 0, V3, 0, 24, 0 },
	{ "init v3 1000", &init_user_ns, NULL, &init_user_ns, 0, 0, V3, 1000,
	  24, 1000 },
	{ "init v3 100000", &init_user_ns, NULL, &init_user_ns, 0, 0, V3,
	  100000, 24, 100000 },
	{ "init v3 last", &init_user_ns, NULL, &init_user_ns, 0, 0, V3,
	  0xfffffffe, 24, 0xfffffffe },
	{ "init v3 -1", &init_user_ns, NULL, &init_user_ns, 0, 0, V3, U32_MAX,
	  -EINVAL },
	{ "init v1", &init_user_ns, NULL, &init_user_ns, 0, 0, V1, 0, -EINVAL },
	{ "init powerless v2", &init_user_ns, NULL, &init_user_ns, 0, 0, V2, 0,
	  -EPERM, 0, true },
	{ "init powerless v3 100000", &init_user_ns, NULL, &init_user_ns, 0, 0,
	  V3, 100000, -EPERM, 0, true },
	/* malformed comes before privilege, and privilege before unmapped */
	{ "init powerless v1", &init_user_ns, NULL, &init_user_ns, 0, 0, V1, 0,
	  -EINVAL, 0, true },
	{ "init powerless v3 -1", &init_user_ns, NULL, &init_user_ns, 0, 0, V3,
	  U32_MAX, -EPERM, 0, true },

	/* A namespace never gets a plain value past its own root. */
	{ "A v2", &init_user_ns, NULL, &mock_a, 100000, 100000, V2, 0, 24,
	  100000 },
	{ "A v3 0", &init_user_ns, NULL, &mock_a, 100000, 100000, V3, 0, 24,
	  100000 },
	{ "A v3 1000", &init_user_ns, NULL, &mock_a, 100000, 100000, V3, 1000,
	  24, 101000 },
	{ "A v3 last", &init_user_ns, NULL, &mock_a, 165535, 165535, V3, 65535,
	  24, 165535 },
	{ "A v3 behind the last", &init_user_ns, NULL, &mock_a, 100000, 100000,
	  V3, 65536, -EINVAL },
	{ "A v3 its own kuid", &init_user_ns, NULL, &mock_a, 100000, 100000, V3,
	  100000, -EINVAL },
	{ "A v3 wraps to 0", &init_user_ns, NULL, &mock_a, 100000, 100000, V3,
	  -100000U, -EINVAL },
	{ "A v3 wraps to -1", &init_user_ns, NULL, &mock_a, 100000, 100000, V3,
	  -100001U, -EINVAL },
	{ "A v3 -1", &init_user_ns, NULL, &mock_a, 100000, 100000, V3, U32_MAX,
	  -EINVAL },
	{ "A v1", &init_user_ns, NULL, &mock_a, 100000, 100000, V1, 0,
	  -EINVAL },
	{ "A powerless v2", &init_user_ns, NULL, &mock_a, 100000, 100000, V2, 0,
	  -EPERM, 0, true },
	{ "A powerless v3 65536", &init_user_ns, NULL, &mock_a, 100000, 100000,
	  V3, 65536, -EPERM, 0, true },

	/* Files of others: uid and gid must both be the namespace's own. */
	{ "A v2 of init's file", &init_user_ns, NULL, &mock_a, 0, 0, V2, 0,
	  -EPERM },
	{ "A v2 of init's uid", &init_user_ns, NULL, &mock_a, 0, 100000, V2, 0,
	  -EPERM },
	{ "A v2 of init's gid", &init_user_ns, NULL, &mock_a, 100000, 0, V2, 0,
	  -EPERM },
	{ "A v2 of S's file", &init_user_ns, NULL, &mock_a, 200000, 200000, V2,
	  0, -EPERM },
	{ "A v3 65536 of init's file", &init_user_ns, NULL, &mock_a, 0, 0, V3,
	  65536, -EPERM },
	{ "A v1 of init's file", &init_user_ns, NULL, &mock_a, 0, 0, V1, 0,
	  -EINVAL },
	{ "A v2 behind its last gid", &init_user_ns, NULL, &mock_a, 165535,
	  165536, V2, 0, -EPERM },
	{ "A v2 of an invalid uid", &init_user_ns, NULL, &mock_a, U32_MAX,
	  100000, V2, 0, -EPERM },
	{ "init v2 of an invalid uid", &init_user_ns, NULL, &init_user_ns,
	  U32_MAX, 0, V2, 0, -EPERM },
	{ "init v2 of an invalid gid", &init_user_ns, NULL, &init_user_ns, 0,
	  U32_MAX, V2, 0, -EPERM },

	/* other namespaces over a filesystem of init */
	{ "B v2", &init_user_ns, NULL, &mock_b, 101000, 101000, V2, 0, 24,
	  101000 },
	{ "B v2 of A's file", &init_user_ns, NULL, &mock_b, 100000, 100000, V2,
	  0, -EPERM },
	{ "B0 v2", &init_user_ns, NULL, &mock_b0, 100000, 100000, V2, 0, 24,
	  100000 },
	{ "M v2", &init_user_ns, NULL, &mock_m, 300000, 300000, V2, 0, 24,
	  300000 },
	{ "M v3 5", &init_user_ns, NULL, &mock_m, 300000, 300000, V3, 5, 24,
	  100000 },
	{ "M v3 6", &init_user_ns, NULL, &mock_m, 300000, 300000, V3, 6,
	  -EINVAL },
	{ "R v2", &init_user_ns, NULL, &mock_r, 400000, 400000, V2, 0, 24,
	  400000 },
	{ "R v3 5", &init_user_ns, NULL, &mock_r, 400000, 400000, V3, 5, 24,
	  100000 },
	{ "N v2", &init_user_ns, NULL, &mock_n, 100000, 100000, V2, 0,
	  -EINVAL },
	{ "N v3 5", &init_user_ns, NULL, &mock_n, 100000, 100000, V3, 5, 24,
	  100000 },
	{ "U v2", &init_user_ns, NULL, &mock_u, 100000, 100000, V2, 0, -EPERM },
	/* what any user can do: their own uid as root, and no more than that */
	{ "P v2", &init_user_ns, NULL, &mock_p, 1000, 1000, V2, 0, 24, 1000 },
	{ "P v3 0", &init_user_ns, NULL, &mock_p, 1000, 1000, V3, 0, 24, 1000 },
	{ "P v3 1", &init_user_ns, NULL, &mock_p, 1000, 1000, V3, 1, -EINVAL },
	{ "P v3 1000", &init_user_ns, NULL, &mock_p, 1000, 1000, V3, 1000,
	  -EINVAL },
	{ "P v2 of init's file", &init_user_ns, NULL, &mock_p, 0, 0, V2, 0,
	  -EPERM },
	/* its root is the root of init, and still it writes no v2 */
	{ "Z v2", &init_user_ns, NULL, &mock_z, 0, 0, V2, 0, 24, 0 },

	/* a mount of it idmapped 0 -> 100000: root there is not root on disk */
	{ "idmapped init v2", &init_user_ns, &mock_a, &init_user_ns, 0, 0, V2,
	  0, -EINVAL },
	{ "idmapped init v3 0", &init_user_ns, &mock_a, &init_user_ns, 0, 0, V3,
	  0, -EINVAL },
	{ "idmapped init v3 100000", &init_user_ns, &mock_a, &init_user_ns, 0,
	  0, V3, 100000, 24, 0 },
	{ "idmapped init v3 101000", &init_user_ns, &mock_a, &init_user_ns, 0,
	  0, V3, 101000, 24, 1000 },
	{ "idmapped init v3 165536", &init_user_ns, &mock_a, &init_user_ns, 0,
	  0, V3, 165536, -EINVAL },
	{ "idmapped init v3 -1", &init_user_ns, &mock_a, &init_user_ns, 0, 0,
	  V3, U32_MAX, -EINVAL },
	{ "idmapped init powerless v2", &init_user_ns, &mock_a, &init_user_ns,
	  0, 0, V2, 0, -EPERM, 0, true },
	{ "idmapped init v2 of an unmapped uid", &init_user_ns, &mock_a,
	  &init_user_ns, 100000, 0, V2, 0, -EPERM },
	{ "idmapped init v2 of an unmapped gid", &init_user_ns, &mock_a,
	  &init_user_ns, 0, 100000, V2, 0, -EPERM },
	{ "idmapped A v2", &init_user_ns, &mock_a, &mock_a, 0, 0, V2, 0, 24,
	  0 },
	{ "idmapped A v3 1000", &init_user_ns, &mock_a, &mock_a, 0, 0, V3, 1000,
	  24, 1000 },
	{ "idmapped A v3 65536", &init_user_ns, &mock_a, &mock_a, 0, 0, V3,
	  65536, -EINVAL },
	{ "idmapped A v2 of its own kuid", &init_user_ns, &mock_a, &mock_a,
	  100000, 100000, V2, 0, -EPERM },
	{ "idmapped B v2", &init_user_ns, &mock_a, &mock_b, 1000, 1000, V2, 0,
	  24, 1000 },
	{ "idmapped S v2", &init_user_ns, &mock_a, &mock_s, 0, 0, V2, 0,
	  -EPERM },
	{ "idmapped L, L v2", &init_user_ns, &mock_l, &mock_l, 0, 0, V2, 0, 24,
	  0 },
	/* idmapped to itself is idmapped still */
	{ "idmapped Z init v2", &init_user_ns, &mock_z, &init_user_ns, 0, 0, V2,
	  0, 24, 0 },

	/* a filesystem that was mounted in A */
	{ "of A: A v2", &mock_a, NULL, &mock_a, 100000, 100000, V2, 0, 20 },
	{ "of A: A v3 0", &mock_a, NULL, &mock_a, 100000, 100000, V3, 0, 24,
	  0 },
	{ "of A: A v3 1000", &mock_a, NULL, &mock_a, 100000, 100000, V3, 1000,
	  24, 1000 },
	{ "of A: A v3 65536", &mock_a, NULL, &mock_a, 100000, 100000, V3, 65536,
	  -EINVAL },
	{ "of A: A powerless v2", &mock_a, NULL, &mock_a, 100000, 100000, V2, 0,
	  -EPERM, 0, true },
	/* init has CAP_SETFCAP there as well, and means the root of A */
	{ "of A: init v2", &mock_a, NULL, &init_user_ns, 100000, 100000, V2, 0,
	  20 },
	{ "of A: init v3 100000", &mock_a, NULL, &init_user_ns, 100000, 100000,
	  V3, 100000, 24, 0 },
	{ "of A: init v3 101000", &mock_a, NULL, &init_user_ns, 100000, 100000,
	  V3, 101000, 24, 1000 },
	/* the root of init has no name there */
	{ "of A: init v3 0", &mock_a, NULL, &init_user_ns, 100000, 100000, V3,
	  0, -EINVAL },
	/* a child of A has no CAP_SETFCAP in A */
	{ "of A: B v2", &mock_a, NULL, &mock_b, 101000, 101000, V2, 0, 24,
	  1000 },
	{ "of A: B0 v2", &mock_a, NULL, &mock_b0, 100000, 100000, V2, 0, 24,
	  0 },
	{ "of A: S v2", &mock_a, NULL, &mock_s, 100000, 100000, V2, 0,
	  -EPERM },
	{ "of A: M v2", &mock_a, NULL, &mock_m, 300000, 300000, V2, 0,
	  -EINVAL },
	{ "of A: M v3 5", &mock_a, NULL, &mock_m, 300000, 300000, V3, 5, 24,
	  0 },

	/* a mount of that idmapped 0 -> 200000 */
	{ "of A idmapped: S v2", &mock_a, &mock_s, &mock_s, 100000, 100000, V2,
	  0, 24, 0 },
	{ "of A idmapped: A v2", &mock_a, &mock_s, &mock_a, 100000, 100000, V2,
	  0, -EPERM },
	{ "of A idmapped: init v2", &mock_a, &mock_s, &init_user_ns, 100000,
	  100000, V2, 0, -EINVAL },
	{ "of A idmapped: init v3 200000", &mock_a, &mock_s, &init_user_ns,
	  100000, 100000, V3, 200000, 24, 0 },
	{ "of A idmapped: init v3 100000", &mock_a, &mock_s, &init_user_ns,
	  100000, 100000, V3, 100000, -EINVAL },
	/* mapped by the mount, and not in the filesystem */
	{ "of P idmapped: init v3 100001", &mock_p, &mock_a, &init_user_ns,
	  1000, 1000, V3, 100001, -EINVAL },
	{ "of P idmapped: init v3 100000", &mock_p, &mock_a, &init_user_ns,
	  1000, 1000, V3, 100000, 24, 0 },
};

KUNIT_ARRAY_PARAM_DESC(mock_sets, mock_sets, name);

/* CAP_SETFCAP is asked for first, and then the ids. */
static enum nscaps_reason why_not_over_inode(bool powerless)
{
	return powerless ? NSCAPS_NOT_PRIVILEGED : NSCAPS_IDS_UNMAPPED;
}

static enum nscaps_reason why_set(const struct mock_set *param)
{
	if (param->ret > 0)
		return NSCAPS_HONOURED;
	if (param->ret == -EPERM)
		return why_not_over_inode(param->powerless);
	return param->revision == V1 ? NSCAPS_OLD_FORM : NSCAPS_ROOT_UNMAPPED;
}

/* What is stored, byte for byte, or why nothing is */
static void nscaps_test_setxattr(struct kunit *test)
{
	const struct mock_set *param = test->param_value;
	struct mock_file *file = mock_file(test, param->fs_ns, param->idmap_ns);
	struct cred *cred = mock_setter(test, param->caller_ns,
					!param->powerless);
	struct vfs_ns_cap_data nscap;
	struct vfs_caps caps;
	u8 expected[XATTR_CAPS_SZ];
	__le32 value[8], before[8];
	size_t size;
	int i;

	file->inode.i_uid = KUIDT_INIT(param->uid);
	file->inode.i_gid = KGIDT_INIT(param->gid);
	memset(value, MOCK_FILLER, sizeof(value));
	size = mock_value((u8 *)value, param->revision, param->rootid);
	memcpy(before, value, sizeof(value));
	mock_value(expected, param->ret == XATTR_CAPS_SZ_2 ? V2 : V3,
		   param->stored);

	/* as after a delegation was broken: from the same bytes, the same */
	for (i = 0; i < 2; i++) {
		memset(&nscap, MOCK_FILLER, sizeof(nscap));
		KUNIT_ASSERT_EQ(test, param->ret,
				setxattr_as(cred, file, value, size, &nscap));
		if (param->ret > 0)
			KUNIT_EXPECT_MEMEQ(test, expected, (u8 *)&nscap,
					   param->ret);
		KUNIT_EXPECT_MEMEQ(test, before, value, sizeof(value));
	}
	mock_poison(&caps);
	expect_reason(test, why_set(param),
		      why_set_as(cred, file, value, size, &caps));
	KUNIT_EXPECT_EQ(test, param->revision, caps.revision);
	KUNIT_EXPECT_EQ(test, param->ret > 0 ? param->stored : U32_MAX,
			caps.rootid.val);
	/* what is there already does not matter, and is not read */
	KUNIT_EXPECT_EQ(test, 0, file->calls);
}

/* The sets and the flag are stored as they came, in either form. */
static void nscaps_test_setxattr_forms(struct kunit *test)
{
	const struct mock_form *form = test->param_value;
	struct mock_file *file = mock_file(test, &init_user_ns, NULL);
	struct vfs_ns_cap_data nscap;
	u8 expected[XATTR_CAPS_SZ];

	KUNIT_EXPECT_EQ(test, form->rootid == U32_MAX ?
			-EINVAL : (ssize_t)form->size,
			setxattr_as(mock_setter(test, &init_user_ns, true),
				    file, form->bytes, form->size, &nscap));
	if (form->rootid != U32_MAX)
		KUNIT_EXPECT_MEMEQ(test, form->bytes, (u8 *)&nscap, form->size);

	if (form->revision != V2)
		return;

	/* from a namespace: the same but for the revision and the rootid */
	memcpy(expected, form->bytes, XATTR_CAPS_SZ_2);
	expected[3] = 3;
	mock_le32(expected + XATTR_CAPS_SZ_2, 100000);
	file->inode.i_uid = KUIDT_INIT(100000);
	file->inode.i_gid = KGIDT_INIT(100000);
	KUNIT_ASSERT_EQ(test, XATTR_CAPS_SZ_3,
			setxattr_as(mock_setter(test, &mock_a, true), file,
				    form->bytes, form->size, &nscap));
	KUNIT_EXPECT_MEMEQ(test, expected, (u8 *)&nscap, XATTR_CAPS_SZ_3);
}

/*
 * Who made a namespace has all capabilities in it, but from outside none over
 * its files.
 */
static void nscaps_test_setxattr_ns_owner(struct kunit *test)
{
	struct mock_file *file = mock_file(test, &mock_a, NULL);
	struct cred *cred = mock_user(test, &init_user_ns);
	struct vfs_ns_cap_data nscap;
	__le32 value[6];

	file->inode.i_uid = KUIDT_INIT(100000);
	file->inode.i_gid = KGIDT_INIT(100000);
	cred->euid = mock_a.owner;
	mock_value((u8 *)value, V2, 0);
	KUNIT_EXPECT_EQ(test, -EPERM,
			setxattr_as(cred, file, value, XATTR_CAPS_SZ_2,
				    &nscap));
	KUNIT_EXPECT_EQ(test, -EPERM, removexattr_as(cred, file));
}

/* Remove */

/**
 * struct mock_remove - a removexattr
 * @name: what is special about it
 * @fs_ns: the user namespace of the filesystem
 * @idmap_ns: the user namespace of the mount's idmap, or NULL for none
 * @caller_ns: the user namespace of the caller
 * @uid: the kuid of the inode
 * @gid: the kgid of the inode
 * @ret: what is returned
 * @powerless: the caller has every capability but CAP_SETFCAP
 */
struct mock_remove {
	const char *name;
	struct user_namespace *fs_ns;
	struct user_namespace *idmap_ns;
	struct user_namespace *caller_ns;
	u32 uid;
	u32 gid;
	int ret;
	bool powerless;
};

static const struct mock_remove mock_removes[] = {
	{ "init", &init_user_ns, NULL, &init_user_ns, 0, 0, 0 },
	{ "init, a user's file", &init_user_ns, NULL, &init_user_ns, 1000, 1000,
	  0 },
	{ "init powerless", &init_user_ns, NULL, &init_user_ns, 0, 0, -EPERM,
	  true },
	{ "A", &init_user_ns, NULL, &mock_a, 100000, 100000, 0 },
	{ "A powerless", &init_user_ns, NULL, &mock_a, 100000, 100000, -EPERM,
	  true },
	{ "A, init's file", &init_user_ns, NULL, &mock_a, 0, 0, -EPERM },
	{ "A, init's uid", &init_user_ns, NULL, &mock_a, 0, 100000, -EPERM },
	{ "A, init's gid", &init_user_ns, NULL, &mock_a, 100000, 0, -EPERM },
	{ "A, S's file", &init_user_ns, NULL, &mock_a, 200000, 200000, -EPERM },
	{ "S, A's file", &init_user_ns, NULL, &mock_s, 100000, 100000, -EPERM },
	{ "B, A's file", &init_user_ns, NULL, &mock_b, 100000, 100000, -EPERM },
	{ "B", &init_user_ns, NULL, &mock_b, 101000, 101000, 0 },
	{ "U", &init_user_ns, NULL, &mock_u, 100000, 100000, -EPERM },
	{ "idmapped init", &init_user_ns, &mock_a, &init_user_ns, 0, 0, 0 },
	{ "idmapped init, unmapped uid", &init_user_ns, &mock_a, &init_user_ns,
	  100000, 0, -EPERM },
	{ "idmapped A", &init_user_ns, &mock_a, &mock_a, 0, 0, 0 },
	{ "idmapped A, its own kuid", &init_user_ns, &mock_a, &mock_a, 100000,
	  100000, -EPERM },
	{ "idmapped S", &init_user_ns, &mock_a, &mock_s, 0, 0, -EPERM },
	{ "of A: A", &mock_a, NULL, &mock_a, 100000, 100000, 0 },
	{ "of A: init", &mock_a, NULL, &init_user_ns, 100000, 100000, 0 },
	{ "of A: S", &mock_a, NULL, &mock_s, 100000, 100000, -EPERM },
	{ "of A idmapped: S", &mock_a, &mock_s, &mock_s, 100000, 100000, 0 },
	{ "of A idmapped: A", &mock_a, &mock_s, &mock_a, 100000, 100000,
	  -EPERM },
};

KUNIT_ARRAY_PARAM_DESC(mock_removes, mock_removes, name);

/* The questions are those of capable_wrt_inode_uidgid(), and the answer too. */
static void expect_may_change(struct kunit *test, const struct cred *cred,
			      struct mock_file *file,
			      enum nscaps_reason expected)
{
	struct mnt_idmap *idmap = mnt_idmap(&file->mount.mnt);
	const struct cred *old = override_creds(cred);
	enum nscaps_reason reason;
	bool capable;

	reason = nscaps_may_change(idmap, &file->inode);
	capable = capable_wrt_inode_uidgid(idmap, &file->inode, CAP_SETFCAP);
	revert_creds(old);
	expect_reason(test, expected, reason);
	KUNIT_EXPECT_EQ(test, capable, reason == NSCAPS_HONOURED);
}

static void nscaps_test_removexattr(struct kunit *test)
{
	const struct mock_remove *param = test->param_value;
	struct mock_file *file = mock_file(test, param->fs_ns, param->idmap_ns);
	struct cred *cred = mock_setter(test, param->caller_ns,
					!param->powerless);

	file->inode.i_uid = KUIDT_INIT(param->uid);
	file->inode.i_gid = KGIDT_INIT(param->gid);
	KUNIT_EXPECT_EQ(test, param->ret, removexattr_as(cred, file));
	expect_may_change(test, cred, file,
			  param->ret ? why_not_over_inode(param->powerless) :
				       NSCAPS_HONOURED);
	/* what the value is does not matter: a malformed one can be removed */
	KUNIT_EXPECT_EQ(test, 0, file->calls);
}

/* Exec */

/* What is to be ignored is not looked at, even where it is malformed. */
static void expect_not_read(struct kunit *test, const struct cred *cred,
			    struct mock_file *file, enum nscaps_reason reason)
{
	struct vfs_caps caps;

	mock_poison(&caps);
	KUNIT_EXPECT_EQ(test, -ENODATA, exec_as(cred, file, &caps));
	KUNIT_EXPECT_EQ(test, 0, file->calls);
	expect_no_caps(test, &caps);

	mock_poison(&caps);
	expect_reason(test, reason, why_exec_as(cred, file, &caps));
	KUNIT_EXPECT_EQ(test, 0, file->calls);
	expect_no_caps(test, &caps);
}

static void expect_read(struct kunit *test, const struct cred *cred,
			struct mock_file *file)
{
	struct vfs_caps caps;

	mock_poison(&caps);
	KUNIT_EXPECT_EQ(test, 0, exec_as(cred, file, &caps));
	KUNIT_EXPECT_EQ(test, 1, file->calls);
	expect_mock_caps(test, &caps, VFS_CAP_REVISION_2, 0);
}

/* A nosuid mount */
static void nscaps_test_exec_nosuid(struct kunit *test)
{
	struct mock_file *file = mock_file(test, &init_user_ns, NULL);
	struct cred *cred = mock_user(test, &init_user_ns);

	mock_store(file, VFS_CAP_REVISION_2, 0);
	expect_read(test, cred, file);

	file->mount.mnt.mnt_flags = MNT_NOSUID;
	expect_not_read(test, cred, file, NSCAPS_MNT_NOSUID);
	file->len = 1;
	expect_not_read(test, cred, file, NSCAPS_MNT_NOSUID);

	/* other flags do not count */
	mock_store(file, VFS_CAP_REVISION_2, 0);
	file->mount.mnt.mnt_flags = MNT_NODEV | MNT_READONLY | MNT_NOATIME;
	expect_read(test, cred, file);
}

/* A mount of another mount namespace, as reached through /proc/PID/root */
static void nscaps_test_exec_foreign_mount(struct kunit *test)
{
	struct mock_file *file = mock_file(test, &init_user_ns, NULL);
	struct cred *cred = mock_user(test, &init_user_ns);

	mock_store(file, VFS_CAP_REVISION_2, 0);
	file->mount.mnt_ns = NULL;
	expect_not_read(test, cred, file, NSCAPS_MNT_FOREIGN);
}

/* A filesystem that another user namespace mounted, with what it may write */
static void nscaps_test_exec_foreign_fs(struct kunit *test)
{
	struct mock_file *file = mock_file(test, &mock_z, NULL);

	/* its uid 0 is uid 0 of init, so that ownership alone would do */
	mock_store(file, VFS_CAP_REVISION_2, 0);
	expect_not_read(test, mock_user(test, &init_user_ns), file,
			NSCAPS_FS_FOREIGN);
	expect_not_read(test, mock_user(test, &mock_a), file,
			NSCAPS_FS_FOREIGN);
	expect_read(test, mock_user(test, &mock_z), file);
}

/* no_file_caps on the kernel's command line */
static void nscaps_test_exec_disabled(struct kunit *test)
{
	struct mock_file *file = mock_file(test, &init_user_ns, NULL);
	struct cred *cred = mock_user(test, &init_user_ns);
	const int enabled = file_caps_enabled;

	mock_store(file, VFS_CAP_REVISION_2, 0);

	file_caps_enabled = 0;
	expect_not_read(test, cred, file, NSCAPS_DISABLED);

	file_caps_enabled = 1;
	expect_read(test, cred, file);

	file_caps_enabled = enabled;
}

/*
 * The tests of a mount, one by one, and mnt_may_suid(), which is to say yes
 * where it always did: the mount is not nosuid, of the caller's mount
 * namespace, and its filesystem of the caller's user namespace or one above.
 */
static void nscaps_test_mnt_suid_reason(struct kunit *test)
{
	struct user_namespace *const fs_ns[] = {
		&init_user_ns, &mock_a, &mock_b, &mock_s,
	};
	struct cred *cred = mock_user(test, &mock_a);
	int i;

	for (i = 0; i < 4 * ARRAY_SIZE(fs_ns); i++) {
		const bool nosuid = i & 1, foreign = i & 2;
		const bool trusted = i / 4 < 2;
		struct mock_file *file = mock_file(test, fs_ns[i / 4], NULL);
		const struct cred *old;
		enum nscaps_reason reason;
		bool may;

		if (nosuid)
			file->mount.mnt.mnt_flags = MNT_NOSUID;
		if (foreign)
			file->mount.mnt_ns = NULL;
		old = override_creds(cred);
		reason = mnt_suid_reason(&file->mount.mnt);
		may = mnt_may_suid(&file->mount.mnt);
		revert_creds(old);

		expect_reason(test, nosuid ? NSCAPS_MNT_NOSUID :
				    foreign ? NSCAPS_MNT_FOREIGN :
				    trusted ? NSCAPS_HONOURED :
					      NSCAPS_FS_FOREIGN, reason);
		KUNIT_EXPECT_EQ(test, !nosuid && !foreign && trusted, may);
	}
}

/* Reasons */

/* Scripts and programs know them by number and by name. */
static void nscaps_test_reason_names(struct kunit *test)
{
	static const char *const names[] = {
		"honoured", "no_value", "disabled", "mnt_nosuid",
		"mnt_foreign", "fs_foreign", "root_unmapped", "root_not_owner",
		"malformed", "fs_error", "not_privileged", "ids_unmapped",
		"outside_bounding", "no_new_privs", "ptraced", "fs_shared",
		"setuid_mix", "old_form", "short_buffer",
	};
	int i;

	KUNIT_ASSERT_EQ(test, ARRAY_SIZE(names),
			ARRAY_SIZE(nscaps_reason_names));
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		KUNIT_EXPECT_EQ(test, i, nscaps_reason_names[i].mask);
		KUNIT_EXPECT_STREQ(test, names[i], nscaps_reason_name(i));
	}
}

static int nscaps_test_init_suite(struct kunit_suite *suite)
{
	int i;

	mock_init_namespaces();

	for (i = 0; i < ARRAY_SIZE(mock_cells); i++) {
		const int row = i / ARRAY_SIZE(mock_callers);
		const int caller = i % ARRAY_SIZE(mock_callers);

		mock_cells[i].row = &mock_rows[row];
		mock_cells[i].caller = &mock_callers[caller];
		mock_cells[i].answer = &mock_rows[row].answers[caller];
	}
	return 0;
}

/* The one name, and none that differs in a character or in its length. */
static void nscaps_test_name(struct kunit *test)
{
	char name[] = XATTR_NAME_CAPS "s";
	const size_t len = strlen(XATTR_NAME_CAPS);
	size_t i;

	KUNIT_EXPECT_FALSE(test, nscaps_name(name));
	name[len] = 0;
	KUNIT_EXPECT_TRUE(test, nscaps_name(name));
	/* what vfs_setxattr() puts in its place, which is known by its address */
	KUNIT_EXPECT_TRUE(test, nscaps_name(nscaps_xattr_name));
	KUNIT_EXPECT_STREQ(test, nscaps_xattr_name, XATTR_NAME_CAPS);
	for (i = 0; i < len; i++) {
		name[i] ^= 1;
		KUNIT_EXPECT_FALSE_MSG(test, nscaps_name(name), "%s", name);
		name[i] = 0;
		KUNIT_EXPECT_FALSE_MSG(test, nscaps_name(name), "%s", name);
		name[i] = XATTR_NAME_CAPS[i];
	}
}

static struct kunit_case nscaps_test_cases[] = {
	/* forms */
	KUNIT_CASE_PARAM(nscaps_test_decode, mock_forms_gen_params),
	KUNIT_CASE_PARAM(nscaps_test_decode_v1, mock_old_forms_gen_params),
	KUNIT_CASE_PARAM(nscaps_test_encode, mock_forms_gen_params),
	KUNIT_CASE_PARAM(nscaps_test_round_trip_of_bytes,
			 mock_forms_gen_params),
	KUNIT_CASE(nscaps_test_round_trip_of_caps),
	KUNIT_CASE(nscaps_test_revision_of_size),
	KUNIT_CASE_PARAM(nscaps_test_decode_size, mock_bad_sizes_gen_params),
	KUNIT_CASE(nscaps_test_decode_null),
	KUNIT_CASE_PARAM(nscaps_test_decode_revision,
			 mock_good_sizes_gen_params),
	KUNIT_CASE_PARAM(nscaps_test_decode_flags, mock_good_sizes_gen_params),
	KUNIT_CASE_PARAM(nscaps_test_decode_swapped,
			 mock_good_sizes_gen_params),
	/* translation */
	KUNIT_CASE_PARAM(nscaps_test_root_of_fs, mock_translations_gen_params),
	KUNIT_CASE_PARAM(nscaps_test_root_of_idmapped_fs,
			 mock_idmapped_translations_gen_params),
	KUNIT_CASE_PARAM(nscaps_test_root_to_fs_unmapped,
			 mock_unstorable_gen_params),
	KUNIT_CASE(nscaps_test_root_invalid_idmap),
	KUNIT_CASE_PARAM(nscaps_test_root_from_caller,
			 mock_translations_gen_params),
	/* ownership */
	KUNIT_CASE_PARAM(nscaps_test_root_owns, mock_owners_gen_params),
	KUNIT_CASE(nscaps_test_root_owns_depth),
	KUNIT_CASE(nscaps_test_depth),
	/* the contract */
	KUNIT_CASE_PARAM(nscaps_test_to_caller, mock_cells_gen_params),
	KUNIT_CASE_PARAM(nscaps_test_getxattr, mock_cells_gen_params),
	KUNIT_CASE_PARAM(nscaps_test_load, mock_cells_gen_params),
	KUNIT_CASE_PARAM(nscaps_test_exec, mock_cells_gen_params),
	KUNIT_CASE_PARAM(nscaps_test_audit, mock_cells_gen_params),
	/* get */
	KUNIT_CASE(nscaps_test_name),
	KUNIT_CASE_PARAM(nscaps_test_getxattr_buffer, mock_buffers_gen_params),
	/* filesystems that fail, and malformed values */
	KUNIT_CASE_PARAM(nscaps_test_fs_failure, mock_failures_gen_params),
	KUNIT_CASE(nscaps_test_fs_without_xattrs),
	KUNIT_CASE_PARAM(nscaps_test_malformed_read, mock_malformed_gen_params),
	KUNIT_CASE_PARAM(nscaps_test_malformed_write,
			 mock_malformed_gen_params),
	/* set and remove */
	KUNIT_CASE_PARAM(nscaps_test_setxattr, mock_sets_gen_params),
	KUNIT_CASE_PARAM(nscaps_test_setxattr_forms, mock_forms_gen_params),
	KUNIT_CASE(nscaps_test_setxattr_ns_owner),
	KUNIT_CASE_PARAM(nscaps_test_removexattr, mock_removes_gen_params),
	/* exec */
	KUNIT_CASE(nscaps_test_exec_nosuid),
	KUNIT_CASE(nscaps_test_exec_foreign_mount),
	KUNIT_CASE(nscaps_test_exec_foreign_fs),
	KUNIT_CASE(nscaps_test_exec_disabled),
	KUNIT_CASE(nscaps_test_mnt_suid_reason),
	/* reasons */
	KUNIT_CASE(nscaps_test_reason_names),
	{}
};

static struct kunit_suite nscaps_test_suite = {
	.name = "nscaps",
	.suite_init = nscaps_test_init_suite,
	.test_cases = nscaps_test_cases,
};

kunit_test_suite(nscaps_test_suite);
