// SPDX-License-Identifier: GPL-2.0
/*
 * A filesystem that fails: what a set or a remove leaves is the value of
 * before or the new one, whole, and where an error comes back it is that of
 * before. Each on an ext4 of its own, which other tests need not fear for.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "common.h"

#define IMAGE	"/tmp/faults-image"
#define CUT	"/tmp/faults-cut"
#define DIR	"/mnt"
#define FILE_ON_DISK	DIR "/file"

FIXTURE(faults)
{
	int a;
	struct value old;
};

FIXTURE_SETUP(faults)
{
	/* what a test leaves that was ended for its time */
	if (!access(IMAGE, F_OK))
		umount2(DIR, MNT_DETACH);
	self->a = userns_new(NS_INIT, "0 100000 65536\n");
	ASSERT_LE(0, self->a);
	self->old = value_v3(100000);
	ASSERT_EQ(0, fs_make_ext4(IMAGE, 8));
	ASSERT_EQ(0, fs_mount_ext4(IMAGE, DIR));
	ASSERT_EQ(0, install_helper(FILE_ON_DISK, 100000));
	ASSERT_EQ(0, set_in(self->a, FILE_ON_DISK, value_v2(), 0).err);
	sync();
}

FIXTURE_TEARDOWN(faults)
{
	umount2(DIR, MNT_DETACH);
	unlink(IMAGE);
	unlink(CUT);
	close(self->a);
}

/* What A's root sets in place of the old one, and what is stored then */
static struct value new_value(uint32_t rootid)
{
	struct value v = rootid ? value_v3(rootid) : value_v2();

	v.caps.data[0].permitted = htole32(_BITULL(CAP_NET_ADMIN));
	v.caps.data[1].inheritable = htole32(1);
	return v;
}

static bool is_value(const char *path, struct value value)
{
	struct outcome o = get_in(NS_INIT, path, 64);

	return !o.err && value_eq(&value, &o.value);
}

/* Blocks of a file, and one that is made for its xattrs counts as well */
static long blocks(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : st.st_blocks;
}

/* Leave no room for another xattr in the inode, nor for a longer value */
static int fill_inode(const char *path)
{
	static const char value[256];
	const long before = blocks(path);
	size_t size;

	for (size = sizeof(value); size; size--) {
		if (setxattr(path, "user.fill", value, size, 0))
			return -1;
		if (blocks(path) == before)
			return 0;
	}
	return -1;
}

/* Write as much at a time until there is no room for it */
static int fill(int fd, size_t size)
{
	static const char blocks[65536];
	ssize_t n;

	do {
		n = write(fd, blocks, size);
	} while (n > 0);
	return n < 0 && errno == ENOSPC ? 0 : -1;
}

/* Write until no block is left: the bulk at once, and the rest one by one */
static int fill_disk(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	int err;

	if (fd < 0)
		return errno == ENOSPC ? 0 : -1;
	err = fill(fd, 65536);
	/* what is written may take more, or less, than was kept for it */
	fsync(fd);
	if (!err)
		err = fill(fd, 1024);
	fsync(fd);
	close(fd);
	return err;
}

/*
 * The value in the inode was of form 2, so that the new one is longer, and
 * neither the inode nor the disk has room for that.
 */
TEST_F(faults, no_space)
{
	char path[32];
	int i;

	ASSERT_EQ(0, set_in(NS_INIT, FILE_ON_DISK, value_v2(), 0).err);
	ASSERT_EQ(0, fill_inode(FILE_ON_DISK));
	/* what is freed by the one is used up by the next */
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), DIR "/fill-%d", i);
		ASSERT_EQ(0, fill_disk(path));
	}
	EXPECT_EQ(ENOSPC, set_in(self->a, FILE_ON_DISK, new_value(0), 0).err);
	EXPECT_TRUE(is_value(FILE_ON_DISK, value_v2()));
	EXPECT_EQ(ENOSPC, set_in(NS_INIT, FILE_ON_DISK, new_value(100005),
				 0).err);
	EXPECT_TRUE(is_value(FILE_ON_DISK, value_v2()));

	/* and with room for it, it is set */
	ASSERT_EQ(0, unlink(DIR "/fill-0"));
	sync();
	EXPECT_EQ(0, set_in(self->a, FILE_ON_DISK, new_value(0), 0).err);
	EXPECT_TRUE(is_value(FILE_ON_DISK, new_value(100000)));
	EXPECT_EQ(0, remove_in(self->a, FILE_ON_DISK).err);
}

TEST_F(faults, read_only)
{
	ASSERT_EQ(0, mount(NULL, DIR, NULL, MS_REMOUNT | MS_RDONLY, NULL));
	EXPECT_EQ(EROFS, set_in(self->a, FILE_ON_DISK, new_value(0), 0).err);
	EXPECT_EQ(EROFS, remove_in(self->a, FILE_ON_DISK).err);
	EXPECT_TRUE(is_value(FILE_ON_DISK, self->old));
	ASSERT_EQ(0, mount(NULL, DIR, NULL, MS_REMOUNT, NULL));
	EXPECT_TRUE(is_value(FILE_ON_DISK, self->old));
}

/* The loop device below DIR ends after so many bytes: I/O beyond fails */
static int limit_device(unsigned long long bytes)
{
	struct loop_info64 info;
	struct stat st;
	char dev[32];
	int fd, err;

	if (stat(DIR, &st))
		return -1;
	snprintf(dev, sizeof(dev), "/dev/loop%u", minor(st.st_dev));
	fd = open(dev, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -1;
	err = ioctl(fd, LOOP_GET_STATUS64, &info);
	info.lo_sizelimit = bytes;
	if (!err)
		err = ioctl(fd, LOOP_SET_STATUS64, &info);
	close(fd);
	return err;
}

/* Is it one of the two, on the disk of that image? */
static bool one_of(const char *image, struct value a, struct value b)
{
	bool good;

	if (fs_mount_ext4(image, DIR))
		return false;
	good = is_value(FILE_ON_DISK, a) || is_value(FILE_ON_DISK, b);
	umount2(DIR, MNT_DETACH);
	return good;
}

TEST_F(faults, io_error)
{
	struct outcome o;
	int fd;

	ASSERT_EQ(0, limit_device(4096));
	o = set_in(self->a, FILE_ON_DISK, new_value(0), 0);
	fd = open(DIR, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, syncfs(fd));
	close(fd);
	if (o.err)
		EXPECT_TRUE(is_value(FILE_ON_DISK, self->old));
	/* a journal that could not be written takes no more */
	EXPECT_NE(0, set_in(self->a, FILE_ON_DISK, new_value(1), 0).err);
	ASSERT_EQ(0, umount2(DIR, MNT_DETACH));
	EXPECT_TRUE(one_of(IMAGE, self->old, new_value(100000)));
}

/* The disk as it is now, without anybody being told, as when the power goes */
static int cut(void)
{
	return system("cp " IMAGE " " CUT) ? -1 : 0;
}

TEST_F(faults, power_cut)
{
	int i;

	for (i = 1; i <= 8; i++) {
		struct value now = new_value(100000 + i);

		ASSERT_EQ(0, set_in(self->a, FILE_ON_DISK, new_value(i), 0).err);
		ASSERT_EQ(0, cut());
		ASSERT_EQ(0, umount2(DIR, MNT_DETACH));
		/* between the set and the sync: one or the other */
		EXPECT_TRUE(one_of(CUT, self->old, now))
			TH_LOG("round %d", i);
		ASSERT_EQ(0, fs_mount_ext4(IMAGE, DIR));
		EXPECT_TRUE(is_value(FILE_ON_DISK, now));
		self->old = now;
	}
}

/* What a sync has returned for is on the disk */
TEST_F(faults, power_cut_after_sync)
{
	int fd;

	ASSERT_EQ(0, set_in(self->a, FILE_ON_DISK, new_value(7), 0).err);
	fd = open(FILE_ON_DISK, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fsync(fd));
	close(fd);
	ASSERT_EQ(0, cut());
	ASSERT_EQ(0, umount2(DIR, MNT_DETACH));
	EXPECT_TRUE(one_of(CUT, new_value(100007), new_value(100007)));
}

TEST_HARNESS_MAIN
