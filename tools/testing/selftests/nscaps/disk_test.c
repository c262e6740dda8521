// SPDX-License-Identifier: GPL-2.0
/*
 * Values that no system call writes, put on the disk by debugfs(8): form 1,
 * and malformed ones. What is malformed is EINVAL for getxattr(2), at whatever
 * size, and fails execve(2) with EINVAL, whoever asks. An overlay's copy-up
 * leaves behind what its mounter cannot read.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "common.h"

#define NOBODY	65534
#define FILE_ON_DISK	"/mnt/file"
#define LAYERS	"/tmp/layers"
#define OVERLAY	LAYERS "/overlay"
#define UPPER	LAYERS "/upper"
#define WORK	LAYERS "/work"

FIXTURE(disk)
{
	int a;
};

FIXTURE_VARIANT(disk)
{
	size_t size;
	uint32_t magic;
	int exec_err;
};

#define DISK(_name, _size, _magic, _err)				\
	FIXTURE_VARIANT_ADD(disk, _name) {				\
		.size = _size, .magic = _magic, .exec_err = _err,	\
	}

DISK(v1, 12, VFS_CAP_REVISION_1 | 1, 0);
DISK(v1_short, 11, VFS_CAP_REVISION_1 | 1, EINVAL);
DISK(v1_long, 20, VFS_CAP_REVISION_1 | 1, EINVAL);
DISK(v1_flags, 12, VFS_CAP_REVISION_1 | 3, EINVAL);
DISK(v2_short, 19, VFS_CAP_REVISION_2 | 1, EINVAL);
DISK(v2_of_v1, 12, VFS_CAP_REVISION_2 | 1, EINVAL);
DISK(v2_of_v3, 24, VFS_CAP_REVISION_2 | 1, EINVAL);
DISK(v2_flags, 20, VFS_CAP_REVISION_2 | 3, EINVAL);
DISK(v3_short, 23, VFS_CAP_REVISION_3 | 1, EINVAL);
DISK(v3_of_v2, 20, VFS_CAP_REVISION_3 | 1, EINVAL);
DISK(v3_flags, 24, VFS_CAP_REVISION_3 | 3, EINVAL);
DISK(v3_long, 25, VFS_CAP_REVISION_3 | 1, EINVAL);
DISK(v3_longer, 64, VFS_CAP_REVISION_3 | 1, EINVAL);
DISK(v4, 24, 0x04000001, EINVAL);
DISK(v4_longer, 28, 0x04000001, EINVAL);
DISK(revision_0, 20, 0x00000001, EINVAL);
DISK(revision_255, 24, 0xff000001, EINVAL);
DISK(swapped, 20, 0x01000002, EINVAL);
DISK(empty, 0, 0, EINVAL);
DISK(one_byte, 1, 0x01, EINVAL);
DISK(three_bytes, 3, 0x010203, EINVAL);

/* The value lies on the disk before the kernel sees the filesystem */
FIXTURE_SETUP(disk)
{
	struct value v = value_v2();

	self->a = userns_new(NS_INIT, "0 100000 65536\n");
	ASSERT_LE(0, self->a);
	v.caps.magic_etc = htole32(variant->magic);
	v.size = variant->size;
	ASSERT_EQ(0, disk_with(helper_path(), &v));
}

FIXTURE_TEARDOWN(disk)
{
	umount2(OVERLAY, MNT_DETACH);
	umount2(LAYERS, MNT_DETACH);
	rmdir(LAYERS);
	umount2("/mnt", MNT_DETACH);
	unlink("/tmp/disk");
	close(self->a);
}

static void expect_unreadable(struct __test_metadata *_metadata, int a)
{
	/* it is there, so its name is listed */
	char names[256];
	ssize_t n = listxattr(FILE_ON_DISK, names, sizeof(names));

	ASSERT_LT(0, n);
	EXPECT_NE(NULL, memmem(names, n, CAPS_XATTR, sizeof(CAPS_XATTR)));
	EXPECT_EQ(EINVAL, get_in(NS_INIT, FILE_ON_DISK, 64).err);
	EXPECT_EQ(EINVAL, get_in(NS_INIT, FILE_ON_DISK, 0).err);
	EXPECT_EQ(EINVAL, get_in(NS_INIT, FILE_ON_DISK, 1).err);
	EXPECT_EQ(EINVAL, get_in(a, FILE_ON_DISK, 64).err);
}

static void expect_exec(struct __test_metadata *_metadata, int ns,
			const char *path, int err, unsigned long long mask)
{
	struct creds c = exec_in(ns, NOBODY, path, NULL);

	EXPECT_EQ(err, c.err);
	EXPECT_EQ(mask, c.permitted);
	EXPECT_EQ(mask, c.effective);
}

/* It can be taken away, and replaced */
static void expect_repaired(struct __test_metadata *_metadata, int a)
{
	EXPECT_EQ(EPERM, remove_in(a, FILE_ON_DISK).err);
	EXPECT_EQ(0, set_in(NS_INIT, FILE_ON_DISK, value_v2(),
			    XATTR_REPLACE).err);
	expect_exec(_metadata, NS_INIT, FILE_ON_DISK, 0, TEST_MASK);
	EXPECT_EQ(0, remove_in(NS_INIT, FILE_ON_DISK).err);
	EXPECT_EQ(ENODATA, get_in(NS_INIT, FILE_ON_DISK, 64).err);
	EXPECT_EQ(0, exec_in(NS_INIT, NOBODY, FILE_ON_DISK, NULL).err);
}

TEST_F(disk, value)
{
	const unsigned long long mask = variant->exec_err ? 0 : TEST_MASK;

	expect_unreadable(_metadata, self->a);
	expect_exec(_metadata, NS_INIT, FILE_ON_DISK, variant->exec_err, mask);
	expect_exec(_metadata, self->a, FILE_ON_DISK, variant->exec_err, mask);
	expect_repaired(_metadata, self->a);
}

/* The initial namespace's, with the disk below and a tmpfs above */
static int mount_overlay(void)
{
	if (mkdir(LAYERS, 0755) ||
	    mount("layers", LAYERS, "tmpfs", 0, "mode=755") ||
	    mkdir(OVERLAY, 0755) || mkdir(UPPER, 0755) || mkdir(WORK, 0755))
		return -1;
	return mount("overlay", OVERLAY, "overlay", 0,
		     "lowerdir=/mnt,upperdir=" UPPER ",workdir=" WORK);
}

/* Whoever could write the disk is not to decide that its files stay as they are */
TEST_F(disk, copy_up)
{
	ASSERT_EQ(0, mount_overlay());
	EXPECT_EQ(EINVAL, get_in(NS_INIT, OVERLAY "/file", 64).err);
	/* form 1 as well: an overlay reads as getxattr(2) does */
	EXPECT_EQ(EINVAL, exec_in(NS_INIT, NOBODY, OVERLAY "/file", NULL).err);
	EXPECT_EQ(0, chmod(OVERLAY "/file", 0711));
	EXPECT_EQ(ENODATA, get_in(NS_INIT, OVERLAY "/file", 64).err);
	EXPECT_EQ(ENODATA, get_in(NS_INIT, UPPER "/file", 64).err);
	expect_exec(_metadata, NS_INIT, OVERLAY "/file", 0, 0);
	/* the lower one is as it was */
	expect_unreadable(_metadata, self->a);
	expect_exec(_metadata, NS_INIT, FILE_ON_DISK, variant->exec_err,
		    variant->exec_err ? 0 : TEST_MASK);
}

TEST_HARNESS_MAIN
