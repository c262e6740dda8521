// SPDX-License-Identifier: GPL-2.0
/*
 * Values that no system call writes, put on the disk by debugfs(8): form 1,
 * and malformed ones. What is malformed is EINVAL for getxattr(2), at whatever
 * size, and fails execve(2) with EINVAL, whoever asks.
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
#define IMAGE	"/tmp/disk"
#define VALUE	"/tmp/value"
#define FILE_ON_DISK	"/mnt/file"

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
	char cmd[512];
	int fd;

	self->a = userns_new(NS_INIT, "0 100000 65536\n");
	ASSERT_LE(0, self->a);
	v.caps.magic_etc = htole32(variant->magic);
	fd = open(VALUE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ASSERT_LE(0, fd);
	ASSERT_EQ(variant->size, write(fd, v.bytes, variant->size));
	close(fd);
	ASSERT_EQ(0, fs_make_ext4(IMAGE, 4));
	snprintf(cmd, sizeof(cmd),
		 "printf 'write %s file\\nsif file mode 0100755\\nea_set -f %s file %s\\n' | debugfs -w -f - %s >/dev/null 2>&1",
		 helper_path(), VALUE, CAPS_XATTR, IMAGE);
	ASSERT_EQ(0, system(cmd));
	ASSERT_EQ(0, fs_mount_ext4(IMAGE, "/mnt"));
}

FIXTURE_TEARDOWN(disk)
{
	umount("/mnt");
	unlink(IMAGE);
	unlink(VALUE);
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

static void expect_exec(struct __test_metadata *_metadata, int ns, int err)
{
	const unsigned long long mask = err ? 0 : TEST_MASK;
	struct creds c = exec_in(ns, NOBODY, FILE_ON_DISK, NULL);

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
	expect_exec(_metadata, NS_INIT, 0);
	EXPECT_EQ(0, remove_in(NS_INIT, FILE_ON_DISK).err);
	EXPECT_EQ(ENODATA, get_in(NS_INIT, FILE_ON_DISK, 64).err);
	EXPECT_EQ(0, exec_in(NS_INIT, NOBODY, FILE_ON_DISK, NULL).err);
}

TEST_F(disk, value)
{
	expect_unreadable(_metadata, self->a);
	expect_exec(_metadata, NS_INIT, variant->exec_err);
	expect_exec(_metadata, self->a, variant->exec_err);
	expect_repaired(_metadata, self->a);
}

TEST_HARNESS_MAIN
